use service_kit::Timestamp;
use users_client::{ChangeKind, Status};

use super::PostgresStore;
use super::feed::announce;
use super::upkeep::prune;
use crate::domain::Luid;
use crate::store::document::status_text;

const DELETE_MEMBER: &str = "delete from member where luid = $1";
const IS_IN_STATE: &str = "select exists (select 1 from member where luid = $1 and status = $2)";
const DELETE_FRIENDSHIP: &str = "delete from friendship where luid = $1";
const DELETE_ANSWERS: &str = "delete from idempotency where luid = $1";

/// `$3`: whether there was anything to erase. Asking again must not move the time: the person may be coming back.
const BURY: &str = "
    insert into tombstone (luid_digest, erased_at) values ($1, $2)
    on conflict (luid_digest) do update set erased_at = greatest(tombstone.erased_at, excluded.erased_at) where $3";

impl PostgresStore {
    /// What belongs to a member goes with the member. Others are told in any case: they may hold something about somebody
    /// who is a stranger here.
    pub(crate) async fn erase(
        &self,
        luid: &Luid,
        only: Option<Status>,
        now: Timestamp,
    ) -> Result<bool, sqlx::Error> {
        let mut tx = self.write(luid).await?;
        if let Some(only) = only {
            let in_state: bool = sqlx::query_scalar(IS_IN_STATE)
                .bind(luid.as_str())
                .bind(status_text(only))
                .fetch_one(&mut *tx)
                .await?;
            if !in_state {
                tx.rollback().await?;
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
        tx.commit().await?;
        Ok(erased > 0)
    }
}
