use service_kit::Timestamp;
use sqlx::PgConnection;

use super::PostgresStore;
use super::edit::apply;
use super::registration::insert;
use crate::store::TOMBSTONE_LIFE;
use crate::store::document::{MemberRow, by_luid};
use crate::store::import::Work;
use crate::table::{CameTo, Decision, Refusal, Row, Standing, came_to, decide};

const MEMBERS: &str = "select * from member_document where luid = any($1)";
const BURIED: &str =
    "select luid_digest from tombstone where luid_digest = any($1) and erased_at > $2";

const TOUCH: &str = "update member set updated_at = $1 where member_id = $2";

impl PostgresStore {
    /// Does what the rows say, in one transaction. Each is about another person.
    pub(crate) async fn import(
        &self,
        rows: Vec<Row>,
        now: Timestamp,
    ) -> Result<Vec<CameTo>, sqlx::Error> {
        let mut tx = self.read().await?;
        tx.begin_all(rows.iter().map(|row| &row.luid)).await?;
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
        let mut lease = self.read().await?;
        let decisions = decide_all(&mut lease, rows, now).await?;
        lease.release();
        Ok(came_to(&decisions))
    }
}

async fn decide_all(
    connection: &mut PgConnection,
    rows: Vec<Row>,
    now: Timestamp,
) -> Result<Vec<Result<Decision, Refusal>>, sqlx::Error> {
    let luids: Vec<&str> = rows.iter().map(|row| row.luid.as_str()).collect();
    let members: Vec<MemberRow> = sqlx::query_as(MEMBERS)
        .bind(luids)
        .fetch_all(&mut *connection)
        .await?;
    let mut members = by_luid(members)?;
    let digests: Vec<Vec<u8>> = rows.iter().map(|row| row.luid.digest()).collect();
    let buried: Vec<Vec<u8>> = sqlx::query_scalar(BURIED)
        .bind(digests)
        .bind((now - TOMBSTONE_LIFE).as_millis())
        .fetch_all(connection)
        .await?;
    let decisions = rows.into_iter().map(|row| {
        let standing = match members.remove(row.luid.as_str()) {
            Some(member) => Standing::Member(Box::new(member)),
            None if buried.contains(&row.luid.digest()) => Standing::Erased,
            None => Standing::Stranger,
        };
        decide(standing, row)
    });
    Ok(decisions.collect())
}

async fn carry_out(
    tx: &mut PgConnection,
    work: Work,
    now: Timestamp,
) -> Result<Vec<CameTo>, sqlx::Error> {
    let created = insert(tx, &work.newcomers()).await?.len();
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
