use service_kit::Timestamp;
use sqlx::PgConnection;
use users_client::{ChangeKind, Member};

use super::PostgresStore;
use super::feed::announce;
use crate::domain::Luid;
use crate::error::ApiError;
use crate::store::document::{self, MemberRow};

const FIND: &str = "select * from member_document where luid = $1";

const LEAVE: &str = "
    update member set updated_at = $1, status = 'leaving'
    where luid = $2 and ($3::bigint is null or created_at < $3) and status = 'active'";

const IS_LEAVING: &str = "
    select exists (
        select 1 from member
        where luid = $1 and ($2::bigint is null or created_at < $2) and status = 'leaving')";

const IS_KNOWN: &str = "select exists (select 1 from member where luid = $1)";

impl PostgresStore {
    pub(crate) async fn find(&self, luid: &Luid) -> Result<Option<Member>, sqlx::Error> {
        let mut lease = self.read().await?;
        let member = find_member(&mut lease, luid).await?;
        lease.release();
        Ok(member)
    }

    pub(crate) async fn leave(
        &self,
        luid: &Luid,
        registered_before: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let mut tx = self.write(luid).await?;
        let left = leave(&mut tx, luid, registered_before, now).await;
        tx.conclude(left).await
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

async fn leave(
    tx: &mut PgConnection,
    luid: &Luid,
    registered_before: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let left = sqlx::query(LEAVE)
        .bind(now.as_millis())
        .bind(luid.as_str())
        .bind(registered_before.map(Timestamp::as_millis))
        .execute(&mut *tx)
        .await?
        .rows_affected();
    if left > 0 {
        return Ok(announce(tx, ChangeKind::Leaving, luid, now).await?);
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
        .fetch_one(tx)
        .await?;
    Err(document::not_left(is_known))
}
