mod answers;
mod audience;
mod audit;
mod bound;
mod consents;
mod edit;
mod erasure;
mod export;
mod feed;
mod friendship;
mod import;
mod members;
mod memberships;
mod open;
mod person;
mod registration;
mod rows;
mod upkeep;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use service_kit::DatabaseFile;
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::registration::Registrations;

/// The members in one SQLite file: one connection writes, a few read.
#[derive(Clone)]
pub(crate) struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    pub(super) registrations: Registrations,
    /// Whether erased bytes may still lie in the write-ahead log.
    unscrubbed: Arc<AtomicBool>,
    _file: Arc<DatabaseFile>,
}

impl SqliteStore {
    /// A transaction that holds the write lock from its start, so that what it reads stays true.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.writer.begin_with("begin immediate").await
    }

    /// Whether it answers.
    pub(crate) async fn is_ready(&self) -> bool {
        sqlx::query("select exists (select 1 from member)")
            .execute(&self.readers)
            .await
            .is_ok()
    }

    /// Lets go of the file. The last connection folds the write-ahead log into it.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
