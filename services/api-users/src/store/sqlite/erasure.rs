use std::sync::atomic::Ordering;

use service_kit::Timestamp;
use sqlx::Connection as _;

use super::SqliteStore;
use super::upkeep::prune;
use crate::domain::Luid;

const DELETE_MEMBER: &str = "delete from member where luid = ?";
const DELETE_FRIENDSHIP: &str = "delete from friendship where luid = ?";

/// `?3`: whether there was anything to erase. Asking again must not move the time: the person may be coming back.
const BURY: &str = "
    insert into tombstone (luid_digest, erased_at) values (?1, ?2)
    on conflict (luid_digest) do update set erased_at = max(erased_at, excluded.erased_at) where ?3";

impl SqliteStore {
    /// Removes everything about the person; their consents go with the member. What stays is a digest and the time.
    pub(crate) async fn erase(&self, luid: &Luid, now: Timestamp) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.acquire().await?;
        let mut tx = writer.begin_with("begin immediate").await?;
        let mut erased = 0;
        for delete in [DELETE_MEMBER, DELETE_FRIENDSHIP] {
            erased += sqlx::query(delete)
                .bind(luid.as_str())
                .execute(&mut *tx)
                .await?
                .rows_affected();
        }
        sqlx::query(BURY)
            .bind(luid.digest())
            .bind(now.as_millis())
            .bind(erased > 0)
            .execute(&mut *tx)
            .await?;
        prune(&mut tx, now).await?;
        self.unscrubbed.store(true, Ordering::SeqCst);
        tx.commit().await?;
        self.scrub(&mut writer).await
    }
}
