use service_kit::Timestamp;
use sqlx::PgConnection;
use users_client::Member;

use super::PostgresStore;
use super::consents::insert_consents;
use super::members::find_member;
use crate::domain::{Candidate, Email, Language, Phone, PictureUrl, TimeZone};
use crate::error::ApiError;
use crate::store::TOMBSTONE_LIFE;

/// The unique LINE user ID and the tombstone decide, inside the one statement.
const INSERT_MEMBER: &str = "
    insert into member (
        member_id, luid, display_name, picture_url, email, phone, language, time_zone, quiet_from, quiet_until,
        status, created_at, updated_at, last_active_at
    )
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, $11, $11
    where not exists (select 1 from tombstone where luid_digest = $12 and erased_at > $13 and erased_at > $14)
    on conflict (luid) do nothing";

impl PostgresStore {
    pub(crate) async fn register(
        &self,
        candidate: &Candidate,
        now: Timestamp,
    ) -> Result<Member, ApiError> {
        let mut tx = self.write(&candidate.luid).await?;
        let member_id = Candidate::new_member_id(now);
        let inserted = sqlx::query(INSERT_MEMBER)
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
            .bind(candidate.luid.digest())
            .bind(candidate.signed_in_at.unwrap_or(now).as_millis())
            .bind((now - TOMBSTONE_LIFE).as_millis())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if inserted == 0 {
            let refusal = refusal(&mut tx, candidate).await?;
            tx.rollback().await?;
            return Err(refusal);
        }
        insert_consents(&mut tx, member_id, &candidate.consents, now).await?;
        let member = find_member(&mut tx, &candidate.luid).await?;
        tx.commit().await?;
        member.ok_or(ApiError::Store(sqlx::Error::RowNotFound))
    }
}

/// Which of the two refused.
async fn refusal(tx: &mut PgConnection, candidate: &Candidate) -> Result<ApiError, sqlx::Error> {
    let registered: bool =
        sqlx::query_scalar("select exists (select 1 from member where luid = $1)")
            .bind(candidate.luid.as_str())
            .fetch_one(tx)
            .await?;
    Ok(if registered {
        ApiError::AlreadyRegistered
    } else {
        ApiError::SignedInBeforeLeaving
    })
}
