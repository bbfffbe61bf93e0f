use service_kit::Timestamp;
use sqlx::{Sqlite, SqliteConnection, Transaction};
use users_client::{ChangeKind, ChangePage};

use super::SqliteStore;
use crate::domain::Luid;
use crate::error::ApiError;
use crate::store::CHANGE_LIFE;
use crate::store::feed::{ChangeRow, kind_text, page};

const COUNT: &str = "update feed set last_change = last_change + 1";

const ADD: &str = "
    insert into change (change_id, kind, luid_digest, changed_at)
    select last_change, ?, ?, ? from feed";

/// One statement, so that the last number is that of the moment in which the page was read.
const PAGE: &str = "
    select last_change, change_id, kind, luid_digest, changed_at
    from feed left join (select * from change where change_id > ? order by change_id limit ?)
    order by change_id";

/// Only from the beginning, so that there is never a hole: the clock may have been set back meanwhile.
const PRUNE: &str = "
    delete from change where change_id < coalesce(
        (select change_id from change where changed_at > ? order by change_id limit 1),
        (select last_change + 1 from feed))";

impl SqliteStore {
    pub(crate) async fn changes(&self, after: i64, limit: u32) -> Result<ChangePage, ApiError> {
        let rows: Vec<ChangeRow> = sqlx::query_as(PAGE)
            .bind(after)
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        page(rows, after)
    }
}

/// Tells of a change that this transaction makes.
pub(super) async fn announce(
    tx: &mut Transaction<'_, Sqlite>,
    kind: ChangeKind,
    luid: &Luid,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(COUNT).execute(&mut **tx).await?;
    sqlx::query(ADD)
        .bind(kind_text(kind))
        .bind(luid.digest())
        .bind(now.as_millis())
        .execute(&mut **tx)
        .await
        .map(drop)
}

pub(super) async fn prune_changes(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(PRUNE)
        .bind((now - CHANGE_LIFE).as_millis())
        .execute(connection)
        .await
        .map(drop)
}
