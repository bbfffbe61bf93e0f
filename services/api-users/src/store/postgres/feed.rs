use service_kit::Timestamp;
use sqlx::PgConnection;
use users_client::{ChangeKind, ChangePage};

use super::PostgresStore;
use crate::domain::Luid;
use crate::error::ApiError;
use crate::store::CHANGE_LIFE;
use crate::store::feed::{ChangeRow, kind_text, page};

/// Holds the feed's row until the commit: the next number is given when this one can be seen.
const ADD: &str = "
    with numbered as (update feed set last_change = last_change + 1 returning last_change)
    insert into change (change_id, kind, luid_digest, changed_at)
    select last_change, $1, $2, $3 from numbered";

/// One statement, so that the last number is that of the moment in which the page was read.
const PAGE: &str = "
    select last_change, change_id, kind, luid_digest, changed_at
    from feed left join (select * from change where change_id > $1 order by change_id limit $2) page on true
    order by change_id";

/// Only from the beginning, so that there is never a hole: clocks differ, and may be set back. What several replicas
/// prune at once they lock in one order.
const PRUNE: &str = "
    delete from change where change_id in (
        select change_id from change
        where change_id < coalesce(
            (select change_id from change where changed_at > $1 order by change_id limit 1),
            (select last_change + 1 from feed))
        order by change_id for update)";

impl PostgresStore {
    pub(crate) async fn changes(&self, after: i64, limit: u32) -> Result<ChangePage, ApiError> {
        let mut lease = self.read().await?;
        let rows: Vec<ChangeRow> = sqlx::query_as(PAGE)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&mut *lease)
            .await?;
        lease.release();
        page(rows, after)
    }
}

/// Tells of a change that this transaction makes. The last thing before its commit: everybody who leaves or is erased
/// waits for it.
pub(super) async fn announce(
    tx: &mut PgConnection,
    kind: ChangeKind,
    luid: &Luid,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(ADD)
        .bind(kind_text(kind))
        .bind(luid.digest())
        .bind(now.as_millis())
        .execute(tx)
        .await
        .map(drop)
}

pub(super) async fn prune_changes(
    connection: &mut PgConnection,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(PRUNE)
        .bind((now - CHANGE_LIFE).as_millis())
        .execute(connection)
        .await
        .map(drop)
}
