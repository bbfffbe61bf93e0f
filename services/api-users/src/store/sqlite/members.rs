use service_kit::Timestamp;
use sqlx::SqliteExecutor;
use users_client::{Member, Membership};

use super::SqliteStore;
use crate::domain::Luid;
use crate::error::ApiError;
use crate::store::document::{self, MemberRow};

const FIND: &str = "select * from member_document where luid = ?";

const LEAVE: &str = "
    update member set updated_at = iif(status = 'active', ?1, updated_at), status = 'leaving'
    where luid = ?2 and (?3 is null or created_at < ?3)";

const IS_KNOWN: &str = "select exists (select 1 from member where luid = ?)";

const MEMBERSHIP: &str = "select language from member where luid = ? and status = 'active'";

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
            return Ok(tx.commit().await?);
        }
        let is_known: bool = sqlx::query_scalar(IS_KNOWN)
            .bind(luid.as_str())
            .fetch_one(&mut *tx)
            .await?;
        Err(document::not_left(is_known))
    }

    pub(crate) async fn membership(&self, luid: &Luid) -> Result<Membership, sqlx::Error> {
        let found: Option<Option<String>> = sqlx::query_scalar(MEMBERSHIP)
            .bind(luid.as_str())
            .fetch_optional(&self.readers)
            .await?;
        Ok(Membership {
            member: found.is_some(),
            language: found.flatten(),
        })
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
