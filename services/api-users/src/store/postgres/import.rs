use service_kit::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::PostgresStore;
use super::consents::insert_consents;
use super::edit::apply;
use crate::domain::{Candidate, Edit, Email, Language, Phone, PictureUrl, TimeZone};
use crate::store::TOMBSTONE_LIFE;
use crate::store::document::{MemberRow, by_luid};
use crate::table::{CameTo, Decision, Refusal, Row, Standing, came_to, decide};

const MEMBERS: &str = "select * from member_document where luid = any($1)";
const BURIED: &str =
    "select luid_digest from tombstone where luid_digest = any($1) and erased_at > $2";

/// Nobody can have come between since it was seen that they are a stranger: their lock is held.
const CREATE: &str = "
    insert into member (
        member_id, luid, display_name, picture_url, email, phone, language, time_zone, quiet_from, quiet_until,
        status, created_at, updated_at, last_active_at
    )
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, $11, $11)";

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
        for decision in decisions.iter().flatten() {
            carry_out(&mut tx, decision, now).await?;
        }
        tx.commit().await?;
        Ok(came_to(decisions))
    }

    /// What that would come to. Does nothing.
    pub(crate) async fn preview(
        &self,
        rows: Vec<Row>,
        now: Timestamp,
    ) -> Result<Vec<CameTo>, sqlx::Error> {
        let mut lease = self.read().await?;
        let decisions = decide_all(&mut lease, rows, now).await?;
        lease.release();
        Ok(came_to(decisions))
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
    decision: &Decision,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    match decision {
        Decision::Create(candidate, edits) => {
            let member = create(tx, candidate, now).await?;
            apply_all(tx, member, edits, now).await
        }
        Decision::Change(member, edits) => {
            apply_all(tx, *member, edits, now).await?;
            sqlx::query(TOUCH)
                .bind(now.as_millis())
                .bind(member.as_bytes().as_slice())
                .execute(tx)
                .await
                .map(drop)
        }
        Decision::Unchanged => Ok(()),
    }
}

async fn apply_all(
    tx: &mut PgConnection,
    member: Uuid,
    edits: &[Edit],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    for edit in edits {
        apply(tx, member, edit, now).await?;
    }
    Ok(())
}

async fn create(
    tx: &mut PgConnection,
    candidate: &Candidate,
    now: Timestamp,
) -> Result<Uuid, sqlx::Error> {
    let member_id = Candidate::new_member_id(now);
    sqlx::query(CREATE)
        .bind(member_id.as_bytes().as_slice())
        .bind(candidate.luid.as_str())
        .bind(candidate.display_name.as_str())
        .bind(candidate.picture_url.as_ref().map(PictureUrl::as_str))
        .bind(candidate.email.as_ref().map(Email::as_str))
        .bind(candidate.phone.as_ref().map(Phone::as_str))
        .bind(candidate.language.as_ref().map(Language::as_str))
        .bind(candidate.time_zone.as_ref().map(TimeZone::as_str))
        .bind(candidate.quiet_hours.map(|quiet| i64::from(quiet.from)))
        .bind(candidate.quiet_hours.map(|quiet| i64::from(quiet.until)))
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
    insert_consents(tx, member_id, &candidate.consents, now).await?;
    Ok(member_id)
}
