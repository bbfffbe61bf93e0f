use service_kit::Timestamp;
use sqlx::{Sqlite, SqliteExecutor, Transaction};
use users_client::{Member, MemberPage, Membership};

use super::SqliteStore;
use crate::cursor::Cursor;
use crate::domain::{Change, DisplayName, Language, Luid, TimeZone};
use crate::error::ApiError;
use crate::store::document::{self, MemberRow};

const FIND: &str = "select * from member_document where luid = ?";

const LIST: &str = "
    select * from member_document where (created_at, member_id) > (?, ?)
    order by created_at, member_id limit ?";

const UPDATE: &str = "
    update member set
        display_name = coalesce(?, display_name),
        language = coalesce(?, language),
        time_zone = coalesce(?, time_zone),
        updated_at = ?
    where luid = ? and status = 'active'";

const LEAVE: &str = "
    update member set updated_at = iif(status = 'active', ?, updated_at), status = 'leaving'
    where luid = ?";

const MEMBERSHIP: &str = "select language from member where luid = ? and status = 'active'";

impl SqliteStore {
    pub(crate) async fn find(&self, luid: &Luid) -> Result<Option<Member>, sqlx::Error> {
        find_member(&self.readers, luid).await
    }

    pub(crate) async fn list(
        &self,
        limit: u32,
        after: Option<Cursor>,
    ) -> Result<MemberPage, sqlx::Error> {
        let (created_at, member_id) = document::page_start(after);
        let rows: Vec<MemberRow> = sqlx::query_as(LIST)
            .bind(created_at)
            .bind(member_id)
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.readers)
            .await?;
        document::page(rows, limit)
    }

    pub(crate) async fn update(
        &self,
        luid: &Luid,
        change: &Change,
        now: Timestamp,
    ) -> Result<Member, ApiError> {
        let mut tx = self.write().await?;
        let changed = sqlx::query(UPDATE)
            .bind(change.display_name.as_ref().map(DisplayName::as_str))
            .bind(change.language.as_ref().map(Language::as_str))
            .bind(change.time_zone.as_ref().map(TimeZone::as_str))
            .bind(now.as_millis())
            .bind(luid.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        settle(tx, luid, changed > 0).await
    }

    pub(crate) async fn leave(&self, luid: &Luid, now: Timestamp) -> Result<(), ApiError> {
        let left = sqlx::query(LEAVE)
            .bind(now.as_millis())
            .bind(luid.as_str())
            .execute(&self.writer)
            .await?
            .rows_affected();
        if left == 0 {
            return Err(ApiError::NotFound);
        }
        Ok(())
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

/// Commits what changed an active member and answers the outcome; where none changed, says why.
pub(super) async fn settle(
    mut tx: Transaction<'_, Sqlite>,
    luid: &Luid,
    changed: bool,
) -> Result<Member, ApiError> {
    let member = find_member(&mut *tx, luid).await?;
    tx.commit().await?;
    document::changed(member, changed)
}
