use service_kit::Timestamp;
use sqlx::SqliteConnection;

use super::SqliteStore;
use super::edit::apply;
use super::registration::{insert_consents, insert_members};
use crate::domain::Luid;
use crate::store::TOMBSTONE_LIFE;
use crate::store::document::{MemberRow, by_luid};
use crate::store::import::Work;
use crate::table::{CameTo, Decision, Refusal, Row, Standing, came_to, decide};

const MEMBERS: &str =
    "select * from member_document where luid in (select value from json_each(?))";
const IS_BURIED: &str =
    "select exists (select 1 from tombstone where luid_digest = ? and erased_at > ?)";

const TOUCH: &str = "update member set updated_at = ?1 where member_id = ?2";

impl SqliteStore {
    /// Does what the rows say, in one transaction. Each is about another person.
    pub(crate) async fn import(
        &self,
        rows: Vec<Row>,
        now: Timestamp,
    ) -> Result<Vec<CameTo>, sqlx::Error> {
        let mut tx = self.write().await?;
        let decisions = decide_all(&mut tx, rows, now).await?;
        let came_to = carry_out(&mut tx, Work::new(decisions, now), now).await?;
        tx.commit().await?;
        Ok(came_to)
    }

    /// What that would come to. Does nothing.
    pub(crate) async fn rehearse(
        &self,
        rows: Vec<Row>,
        now: Timestamp,
    ) -> Result<Vec<CameTo>, sqlx::Error> {
        let mut reader = self.readers.acquire().await?;
        let decisions = decide_all(&mut reader, rows, now).await?;
        Ok(came_to(&decisions))
    }
}

async fn decide_all(
    connection: &mut SqliteConnection,
    rows: Vec<Row>,
    now: Timestamp,
) -> Result<Vec<Result<Decision, Refusal>>, sqlx::Error> {
    let luids: Vec<&str> = rows.iter().map(|row| row.luid.as_str()).collect();
    let luids = serde_json::to_string(&luids).expect("IDs are plain JSON");
    let members: Vec<MemberRow> = sqlx::query_as(MEMBERS)
        .bind(luids)
        .fetch_all(&mut *connection)
        .await?;
    let mut members = by_luid(members)?;
    let mut decisions = Vec::with_capacity(rows.len());
    for row in rows {
        let standing = match members.remove(row.luid.as_str()) {
            Some(member) => Standing::Member(Box::new(member)),
            None if is_buried(connection, &row.luid, now).await? => Standing::Erased,
            None => Standing::Stranger,
        };
        decisions.push(decide(standing, row));
    }
    Ok(decisions)
}

async fn is_buried(
    connection: &mut SqliteConnection,
    luid: &Luid,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(IS_BURIED)
        .bind(luid.digest())
        .bind((now - TOMBSTONE_LIFE).as_millis())
        .fetch_one(connection)
        .await
}

async fn carry_out(
    tx: &mut SqliteConnection,
    work: Work,
    now: Timestamp,
) -> Result<Vec<CameTo>, sqlx::Error> {
    let newcomers = work.newcomers();
    let created = insert_members(tx, &newcomers).await?.len();
    insert_consents(tx, newcomers.into_iter()).await?;
    for (member, edits) in &work.edits {
        for edit in edits {
            apply(tx, *member, edit, now).await?;
        }
    }
    for member in &work.changed {
        sqlx::query(TOUCH)
            .bind(now.as_millis())
            .bind(member.as_bytes().as_slice())
            .execute(&mut *tx)
            .await?;
    }
    work.done(created)
}
