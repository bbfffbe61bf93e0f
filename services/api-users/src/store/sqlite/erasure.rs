use std::sync::atomic::Ordering;

use service_kit::Timestamp;
use sqlx::Connection as _;
use users_client::{ChangeKind, Status};

use super::SqliteStore;
use super::feed::announce;
use super::upkeep::prune;
use crate::domain::Luid;
use crate::store::document::status_text;

const DELETE_MEMBER: &str = "delete from member where luid = ?";
const IS_IN_STATE: &str = "select exists (select 1 from member where luid = ? and status = ?)";
const DELETE_FRIENDSHIP: &str = "delete from friendship where luid = ?";
const DELETE_ANSWERS: &str = "delete from idempotency where luid = ?";

/// `?3`: whether there was anything to erase. Asking again must not move the time: the person may be coming back.
const BURY: &str = "
    insert into tombstone (luid_digest, erased_at) values (?1, ?2)
    on conflict (luid_digest) do update set erased_at = max(erased_at, excluded.erased_at) where ?3";

impl SqliteStore {
    /// What belongs to a member goes with the member. Others are told in any case: they may hold something about somebody
    /// who is a stranger here.
    pub(crate) async fn erase(
        &self,
        luid: &Luid,
        only: Option<Status>,
        now: Timestamp,
    ) -> Result<bool, sqlx::Error> {
        let mut writer = self.writer.acquire().await?;
        let mut tx = writer.begin_with("begin immediate").await?;
        if let Some(only) = only {
            let in_state: bool = sqlx::query_scalar(IS_IN_STATE)
                .bind(luid.as_str())
                .bind(status_text(only))
                .fetch_one(&mut *tx)
                .await?;
            if !in_state {
                return Ok(false);
            }
        }
        let mut erased = 0;
        for delete in [DELETE_MEMBER, DELETE_FRIENDSHIP] {
            erased += sqlx::query(delete)
                .bind(luid.as_str())
                .execute(&mut *tx)
                .await?
                .rows_affected();
        }
        sqlx::query(DELETE_ANSWERS)
            .bind(luid.as_str())
            .execute(&mut *tx)
            .await?;
        sqlx::query(BURY)
            .bind(luid.digest())
            .bind(now.as_millis())
            .bind(erased > 0)
            .execute(&mut *tx)
            .await?;
        prune(&mut tx, now).await?;
        announce(&mut tx, ChangeKind::Erased, luid, now).await?;
        self.unscrubbed.store(true, Ordering::SeqCst);
        tx.commit().await?;
        self.scrub(&mut writer).await?;
        Ok(erased > 0)
    }
}
