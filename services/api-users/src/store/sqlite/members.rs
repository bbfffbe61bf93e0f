use service_kit::Timestamp;
use sqlx::{Sqlite, SqliteExecutor, Transaction};
use users_client::{Member, MemberPage, Membership};

use super::SqliteStore;
use super::document::MemberRow;
use crate::cursor::Cursor;
use crate::domain::{Change, DisplayName, Language, Luid, TimeZone};
use crate::error::ApiError;

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
    /// The member, leaving or not.
    pub(crate) async fn find(&self, luid: &Luid) -> Result<Option<Member>, sqlx::Error> {
        find_member(&self.readers, luid).await
    }

    /// Up to `limit` members, oldest first, after the cursor.
    pub(crate) async fn list(
        &self,
        limit: u32,
        after: Option<Cursor>,
    ) -> Result<MemberPage, sqlx::Error> {
        let (created_at, member_id) = match after {
            Some(cursor) => (
                cursor.created_at.as_millis(),
                cursor.member_id.as_bytes().to_vec(),
            ),
            None => (i64::MIN, Vec::new()),
        };
        let rows: Vec<MemberRow> = sqlx::query_as(LIST)
            .bind(created_at)
            .bind(member_id)
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.readers)
            .await?;
        let more = rows.len() > limit as usize;
        let members = rows
            .into_iter()
            .take(limit as usize)
            .map(MemberRow::document)
            .collect::<Result<Vec<_>, _>>()?;
        let next_cursor = members.last().filter(|_| more).map(|last| {
            let (created_at, member_id) = (last.created_at, last.member_id);
            Cursor {
                created_at,
                member_id,
            }
            .encode()
        });
        Ok(MemberPage {
            members,
            next_cursor,
        })
    }

    /// Changes an active member.
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
        settle(tx, luid, changed).await
    }

    /// Marks the member as leaving; who leaves already goes on leaving.
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

    /// Whether this person is an active member, and their language.
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
    changed: u64,
) -> Result<Member, ApiError> {
    let member = find_member(&mut *tx, luid)
        .await?
        .ok_or(ApiError::NotFound)?;
    if changed == 0 {
        return Err(ApiError::Leaving);
    }
    tx.commit().await?;
    Ok(member)
}
