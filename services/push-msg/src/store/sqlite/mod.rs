mod batch;
mod forget;
mod freeze;
mod look;
mod occurrence;
mod open;
mod operate;
mod pieces;
mod plan;
mod prune;
mod quota;
mod restore;

use service_kit::DatabaseFile;
use sqlx::{Sqlite, SqlitePool, Transaction};

/// The ledger in a file: one connection writes, a few read.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Held by whoever sends; an operator's command looks in beside them.
    _file: Option<DatabaseFile>,
}

impl SqliteStore {
    /// A transaction that holds the write lock from its start, so that what it reads stays true.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.writer.begin_with("begin immediate").await
    }

    /// Whether it answers.
    pub(crate) async fn is_ready(&self) -> bool {
        let asked = sqlx::query("select exists (select 1 from occurrence)");
        asked.execute(&self.readers).await.is_ok()
    }

    /// Folds the log into the file and empties it: `secure_delete` overwrites the file's own pages, and the log still holds
    /// them as they were. Says whether nobody was in the way.
    pub(crate) async fn scrub(&self) -> Result<bool, sqlx::Error> {
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as("pragma wal_checkpoint(truncate)")
            .fetch_one(&self.writer)
            .await?;
        Ok(busy == 0)
    }
}
