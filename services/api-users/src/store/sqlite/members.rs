use service_kit::Timestamp;
use sqlx::SqliteExecutor;
use users_client::{ChangeKind, Member};

use super::SqliteStore;
use super::feed::announce;
use crate::domain::Luid;
use crate::error::ApiError;
use crate::store::document::{self, MemberRow};

const FIND: &str = "select * from member_document where luid = ?";

const LEAVE: &str = "
    update member set updated_at = ?1, status = 'leaving'
    where luid = ?2 and (?3 is null or created_at < ?3) and status = 'active'";

const IS_LEAVING: &str = "
    select exists (select 1 from member where luid = ?1 and (?2 is null or created_at < ?2) and status = 'leaving')";

const IS_KNOWN: &str = "select exists (select 1 from member where luid = ?)";

impl SqliteStore {
    pub(crate) async fn find(&self, luid: &Luid) -> Result<Option<Member>, sqlx::Error> {
        find_member(&self.readers, luid).await
    }

    pub(crate) async fn leave(
        &self,
        luid: &Luid,
        registered_before: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let left = sqlx::query(LEAVE)
            .bind(now.as_millis())
            .bind(luid.as_str())
            .bind(registered_before.map(Timestamp::as_millis))
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if left > 0 {
            announce(&mut tx, ChangeKind::Leaving, luid, now).await?;
            return Ok(tx.commit().await?);
        }
        let is_leaving: bool = sqlx::query_scalar(IS_LEAVING)
            .bind(luid.as_str())
            .bind(registered_before.map(Timestamp::as_millis))
            .fetch_one(&mut *tx)
            .await?;
        if is_leaving {
            return Ok(());
        }
        let is_known: bool = sqlx::query_scalar(IS_KNOWN)
            .bind(luid.as_str())
            .fetch_one(&mut *tx)
            .await?;
        Err(document::not_left(is_known))
    }
}

pub(super) async fn find_member(
    executor: impl SqliteExecutor<'_>,
    luid: &Luid,
) -> Result<Option<Member>, sqlx::Error> {
    let row: Option<MemberRow> = sqlx::query_as(FIND)
        .bind(luid.as_str())
        .fetch_optional(executor)
        .await?;
    row.map(MemberRow::document).transpose()
}
