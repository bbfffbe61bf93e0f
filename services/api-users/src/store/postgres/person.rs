use service_kit::Timestamp;
use users_client::PersonExport;

use super::PostgresStore;
use crate::activity::Seen;
use crate::domain::Luid;
use crate::store::document::FriendshipRow;

const LAST_ACTIVE: &str = "select last_active_at from member where luid = $1";
const FRIENDSHIP: &str = "select state, event_at from friendship where luid = $1";

/// To the hour: one write per member and hour is enough.
const SEEN: &str = "
    update member set last_active_at = seen.at
    from unnest($1::text[], $2::bigint[]) as seen (luid, at)
    where member.luid = seen.luid and member.last_active_at <= seen.at - 3600000";

impl PostgresStore {
    /// All that is held about the person.
    pub(crate) async fn export(
        &self,
        luid: &Luid,
        now: Timestamp,
    ) -> Result<PersonExport, sqlx::Error> {
        let member = self.find(luid).await?;
        let consents = self.consent_history(luid).await?;
        let mut lease = self.read().await?;
        let last_active_at: Option<i64> = sqlx::query_scalar(LAST_ACTIVE)
            .bind(luid.as_str())
            .fetch_optional(&mut *lease)
            .await?;
        let friendship: Option<FriendshipRow> = sqlx::query_as(FRIENDSHIP)
            .bind(luid.as_str())
            .fetch_optional(&mut *lease)
            .await?;
        lease.release();
        Ok(PersonExport {
            exported_at: now,
            member,
            last_active_at: last_active_at.map(Timestamp::from_millis),
            consents: consents.unwrap_or_default(),
            friendship: friendship.map(Into::into),
            audit: self.audit_list(Some(luid), 0, i64::MAX).await?,
        })
    }

    /// Notes who did something lately.
    pub(crate) async fn note_activity(&self, seen: &[Seen]) -> Result<(), sqlx::Error> {
        let luids: Vec<&str> = seen.iter().map(|(luid, _)| luid.as_str()).collect();
        let times: Vec<i64> = seen.iter().map(|(_, at)| at.as_millis()).collect();
        let mut lease = self.read().await?;
        sqlx::query(SEEN)
            .bind(luids)
            .bind(times)
            .execute(&mut *lease)
            .await?;
        lease.release();
        Ok(())
    }
}
