//! The inbox in one SQLite file, with one writer.

mod accept;
mod at_once;
mod open;
mod shelf;
mod work;
mod writer;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use service_kit::{DatabaseFile, Timestamp};
use sqlx::sqlite::SqlitePool;
use sqlx::{Row as _, query};

pub(super) use open::MIGRATIONS;

use super::Backlog;
use writer::Writer;

/// Rows deleted in one transaction, so that no request waits long for a prune.
const PRUNE_ROWS: u32 = 500;

const PRUNE: [&str; 3] = [
    "delete from event where event_id in (
        select event_id from event
        where state in ('done', 'stale', 'parked') and received_at < ?1 limit ?2)",
    "delete from quarantine where quarantine_id in (
        select quarantine_id from quarantine where received_at < ?1 limit ?2)",
    "delete from unsent where (channel, message_id) in (
        select channel, message_id from unsent where received_at < ?1 limit ?2)",
];

const BACKLOG: &str = "
    select
        (select count(*) from event where state = 'pending' and in_line = 0)
            + (select count(*) from event where state = 'pending' and in_line = 1) as pending,
        (select count(*) from event where state = 'parked') as parked,
        (select min(received_at) from (
            select received_at from event where state = 'pending' and in_line = 0
            union all
            select received_at from event where state = 'pending' and in_line = 1)) as oldest";

#[derive(Clone)]
pub(super) struct Sqlite {
    writer: Arc<Writer>,
    readers: SqlitePool,
    /// Whether no event waits to be lined up, as far as whoever writes knows.
    lined_up: Arc<AtomicBool>,
    _file: Arc<DatabaseFile>,
}

impl Sqlite {
    pub(super) async fn prune(&self, before: Timestamp) -> Result<bool, sqlx::Error> {
        let mut all = true;
        for statement in PRUNE {
            let deleted = query(statement)
                .bind(before.as_millis())
                .bind(PRUNE_ROWS)
                .execute(&mut *self.writer.turn().await?)
                .await?
                .rows_affected();
            all &= deleted < u64::from(PRUNE_ROWS);
        }
        Ok(all)
    }

    pub(super) async fn backlog(&self) -> Result<Backlog, sqlx::Error> {
        let row = query(BACKLOG).fetch_one(&self.readers).await?;
        Ok(Backlog {
            pending: row.try_get("pending")?,
            parked: row.try_get("parked")?,
            oldest: row
                .try_get::<Option<i64>, _>("oldest")?
                .map(Timestamp::from_millis),
        })
    }

    pub(super) async fn is_up(&self) -> bool {
        query("select event_id from event limit 1")
            .fetch_optional(&self.readers)
            .await
            .is_ok()
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
