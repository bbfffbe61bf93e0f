use service_kit::Timestamp;
use sqlx::PgConnection;
use users_client::{Member, MemberPage, Membership};

use super::{Lease, PostgresStore};
use crate::cursor::Cursor;
use crate::domain::{Change, DisplayName, Language, Luid, TimeZone};
use crate::error::ApiError;
use crate::store::document::{self, MemberRow};

const FIND: &str = "select * from member_document where luid = $1";

const LIST: &str = "
    select * from member_document where (created_at, member_id) > ($1, $2)
    order by created_at, member_id limit $3";

const UPDATE: &str = "
    update member set
        display_name = coalesce($1, display_name),
        language = coalesce($2, language),
        time_zone = coalesce($3, time_zone),
        updated_at = $4
    where luid = $5 and status = 'active'";

const LEAVE: &str = "
    update member set updated_at = case status when 'active' then $1 else updated_at end, status = 'leaving'
    where luid = $2";

const MEMBERSHIP: &str = "select language from member where luid = $1 and status = 'active'";

impl PostgresStore {
    pub(crate) async fn find(&self, luid: &Luid) -> Result<Option<Member>, sqlx::Error> {
        let mut lease = self.read().await?;
        let member = find_member(&mut lease, luid).await?;
        lease.release();
        Ok(member)
    }

    pub(crate) async fn list(
        &self,
        limit: u32,
        after: Option<Cursor>,
    ) -> Result<MemberPage, sqlx::Error> {
        let (created_at, member_id) = document::page_start(after);
        let mut lease = self.read().await?;
        let rows: Vec<MemberRow> = sqlx::query_as(LIST)
            .bind(created_at)
            .bind(member_id)
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *lease)
            .await?;
        lease.release();
        document::page(rows, limit)
    }

    pub(crate) async fn update(
        &self,
        luid: &Luid,
        change: &Change,
        now: Timestamp,
    ) -> Result<Member, ApiError> {
        let mut tx = self.write(luid).await?;
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
        let mut tx = self.write(luid).await?;
        let left = sqlx::query(LEAVE)
            .bind(now.as_millis())
            .bind(luid.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        if left == 0 {
            return Err(ApiError::NotFound);
        }
        Ok(())
    }

    pub(crate) async fn membership(&self, luid: &Luid) -> Result<Membership, sqlx::Error> {
        let mut lease = self.read().await?;
        let found: Option<Option<String>> = sqlx::query_scalar(MEMBERSHIP)
            .bind(luid.as_str())
            .fetch_optional(&mut *lease)
            .await?;
        lease.release();
        Ok(Membership {
            member: found.is_some(),
            language: found.flatten(),
        })
    }
}

pub(super) async fn find_member(
    connection: &mut PgConnection,
    luid: &Luid,
) -> Result<Option<Member>, sqlx::Error> {
    let row: Option<MemberRow> = sqlx::query_as(FIND)
        .bind(luid.as_str())
        .fetch_optional(connection)
        .await?;
    row.map(MemberRow::document).transpose()
}

/// Commits what changed an active member and answers the outcome; where none changed, says why.
pub(super) async fn settle(mut tx: Lease, luid: &Luid, changed: bool) -> Result<Member, ApiError> {
    let member = find_member(&mut tx, luid).await?;
    tx.commit().await?;
    document::changed(member, changed)
}
