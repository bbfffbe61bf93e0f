#[path = "../both/mod.rs"]
#[expect(
    clippy::duplicate_mod,
    reason = "each database compiles what both are told for itself"
)]
mod both;
mod insert;
mod members;
mod open;

use service_kit::DatabaseFile;
use sqlx::{Sqlite, SqlitePool, Transaction};

type Database = Sqlite;

/// The ledger in a file: one connection writes, a few read.
#[derive(Debug)]
pub(crate) struct Ledger {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Held by whoever sends; an operator's command looks in beside them.
    _file: Option<DatabaseFile>,
}

impl Ledger {
    fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// A transaction that holds the write lock from its start, so that what it reads stays true.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.writer.begin_with("begin immediate").await
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

/// A transaction that writes has the whole file already.
async fn lock_occurrence(_: &mut Transaction<'_, Database>, _: i64) -> Result<(), sqlx::Error> {
    Ok(())
}

/// The same.
async fn lock_channel(_: &mut Transaction<'_, Database>) -> Result<(), sqlx::Error> {
    Ok(())
}
