//! The ledger: which occurrences there are, who gets them, and what LINE answered. Each method is one transaction.

mod batch;
mod forget;
mod freezing;
mod occurrence;
mod open;
mod plan;
mod prune;

use service_kit::DatabaseFile;
use sqlx::SqlitePool;

pub(crate) use batch::{Batch, BatchState, Settlement, Tally};
pub(crate) use occurrence::{Claim, Occurrence, OccurrenceState};
pub use open::OpenError;

/// The ledger. It is a SQLite file of this process.
#[derive(Debug)]
pub(crate) struct Store {
    /// One connection: SQLite has one writer, and nothing here reads for long.
    pool: SqlitePool,
    _file: DatabaseFile,
}

/// Why the ledger did not do as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    /// The lease ran out and somebody else goes on; what this pusher believes is worth nothing any more.
    #[error("another pusher has taken the occurrence over")]
    Lost,
    /// The store itself failed.
    #[error("the ledger failed")]
    Store(#[from] sqlx::Error),
    /// A row holds what this version cannot read.
    #[error("the ledger holds an unknown {0}")]
    Unreadable(&'static str),
}

impl Store {
    /// Whether it answers.
    pub(crate) async fn is_ready(&self) -> bool {
        sqlx::query("select 1").execute(&self.pool).await.is_ok()
    }
}

/// A claim that changed no row is no claim any more.
fn held(changed: u64) -> Result<(), LedgerError> {
    if changed == 0 {
        Err(LedgerError::Lost)
    } else {
        Ok(())
    }
}
