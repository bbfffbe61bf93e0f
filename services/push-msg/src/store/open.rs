use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use service_kit::FileLock;
use service_kit::file_lock::FileLockError;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Store;

/// `pragma synchronous` reads back as this when a commit waits for the disk.
const SYNCHRONOUS_FULL: i64 = 2;

/// The ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The setting names something else.
    #[error("DATABASE_URL must be sqlite:///path/file.db")]
    Url,
    /// Another process has it open.
    #[error(transparent)]
    Lock(#[from] FileLockError),
    /// The file cannot be opened.
    #[error("the ledger cannot be opened")]
    Open(#[from] sqlx::Error),
    /// Its tables cannot be brought up to date.
    #[error("the ledger cannot be migrated")]
    Migrate(#[from] MigrateError),
    /// A commit would not be durable.
    #[error("the ledger does not keep to synchronous = full")]
    NotDurable,
}

impl Store {
    /// Opens the file that `database_url` names, alone; makes it if need be.
    pub(crate) async fn open(database_url: &str) -> Result<Self, OpenError> {
        if !database_url.starts_with("sqlite:") {
            return Err(OpenError::Url);
        }
        let options = SqliteConnectOptions::from_str(database_url)
            .map_err(|_| OpenError::Url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(500))
            // What is forgotten is overwritten.
            .pragma("secure_delete", "on");
        if options.get_filename() == Path::new(":memory:") {
            return Err(OpenError::Url);
        }
        let lock = FileLock::acquire(options.get_filename())?;
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        let synchronous: i64 = sqlx::query_scalar("pragma synchronous")
            .fetch_one(&pool)
            .await?;
        if synchronous != SYNCHRONOUS_FULL {
            return Err(OpenError::NotDurable);
        }
        sqlx::migrate!("migrations/sqlite").run(&pool).await?;
        // Whoever held a lease is gone, or the lock would not be ours.
        sqlx::query("update occurrence set lease_until = 0 where lease_until <> 0")
            .execute(&pool)
            .await?;
        Ok(Self { pool, _lock: lock })
    }
}
