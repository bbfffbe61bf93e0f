use service_kit::Timestamp;

use super::SqliteStore;
use crate::domain::{FriendshipEvent, Luid};
use crate::store::TOMBSTONE_LIFE;

/// The latest event wins, and an event from before an erasure never does.
const SET: &str = "
    insert into friendship (luid, state, event_at, event_id)
    select ?1, ?2, ?3, ?4
    where not exists (select 1 from tombstone where luid_digest = ?5 and erased_at > ?3 and erased_at > ?6)
    on conflict (luid) do update
    set state = excluded.state, event_at = excluded.event_at, event_id = excluded.event_id
    where (excluded.event_at, excluded.event_id) > (friendship.event_at, friendship.event_id)";

const TOUCH: &str = "update member set updated_at = ? where luid = ?";

impl SqliteStore {
    pub(crate) async fn set_friendship(
        &self,
        luid: &Luid,
        event: &FriendshipEvent,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        let changed = sqlx::query(SET)
            .bind(luid.as_str())
            .bind(event.state)
            .bind(event.event_at.as_millis())
            .bind(&event.event_id)
            .bind(luid.digest())
            .bind((now - TOMBSTONE_LIFE).as_millis())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if changed > 0 {
            sqlx::query(TOUCH)
                .bind(now.as_millis())
                .bind(luid.as_str())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }
}
