use service_kit::Timestamp;
use users_client::PersonExport;

use super::SqliteStore;
use crate::activity::Seen;
use crate::domain::Luid;
use crate::store::document::FriendshipRow;

const LAST_ACTIVE: &str = "select last_active_at from member where luid = ?1";
const FRIENDSHIP: &str = "select state, event_at from friendship where luid = ?1";

/// To the hour: one write per member and hour is enough.
const SEEN: &str = "
    update member set last_active_at = seen.at
    from (select value ->> 0 as luid, value ->> 1 as at from json_each(?1)) as seen
    where member.luid = seen.luid and member.last_active_at <= seen.at - 3600000";

impl SqliteStore {
    /// All that is held about the person.
    pub(crate) async fn export(
        &self,
        luid: &Luid,
        now: Timestamp,
    ) -> Result<PersonExport, sqlx::Error> {
        let member = self.find(luid).await?;
        let consents = self.consent_history(luid).await?;
        let last_active_at: Option<i64> = sqlx::query_scalar(LAST_ACTIVE)
            .bind(luid.as_str())
            .fetch_optional(&self.readers)
            .await?;
        let friendship: Option<FriendshipRow> = sqlx::query_as(FRIENDSHIP)
            .bind(luid.as_str())
            .fetch_optional(&self.readers)
            .await?;
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
        let rows: Vec<_> = seen
            .iter()
            .map(|(luid, at)| (luid.as_str(), at.as_millis()))
            .collect();
        sqlx::query(SEEN)
            .bind(serde_json::to_string(&rows).expect("IDs and times are plain JSON"))
            .execute(&self.writer)
            .await
            .map(drop)
    }
}
