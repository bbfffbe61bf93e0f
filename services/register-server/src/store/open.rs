use std::str::FromStr as _;
use std::time::Duration;

use service_kit::FileLock;
use service_kit::file_lock::FileLockError;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Store;

/// `pragma synchronous` reads back as this when a commit waits for the disk.
const SYNCHRONOUS_FULL: i64 = 2;
const READERS: u32 = 4;

/// The store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The setting names something else.
    #[error("DATABASE_URL must be sqlite:///path/file.db")]
    Url,
    /// Another server has it open.
    #[error(transparent)]
    Lock(#[from] FileLockError),
    /// The file cannot be opened.
    #[error("the database cannot be opened")]
    Open(#[from] sqlx::Error),
    /// Its tables cannot be brought up to date.
    #[error("the database cannot be migrated")]
    Migrate(#[from] MigrateError),
    /// A commit would not be durable.
    #[error("the database does not keep to synchronous = full")]
    NotDurable,
}

impl Store {
    /// Opens the file that `database_url` names, alone; makes it if need be.
    pub(crate) async fn open(database_url: &str) -> Result<Self, OpenError> {
        // A store in memory would forget who asked to leave.
        let is_in_memory =
            database_url.contains(":memory:") || database_url.contains("mode=memory");
        if !database_url.starts_with("sqlite://") || is_in_memory {
            return Err(OpenError::Url);
        }
        let options = SqliteConnectOptions::from_str(database_url)
            .map_err(|_| OpenError::Url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(500))
            // What is erased is overwritten.
            .pragma("secure_delete", "on");
        let lock = FileLock::acquire(options.get_filename())?;
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        let synchronous: i64 = sqlx::query_scalar("pragma synchronous")
            .fetch_one(&writer)
            .await?;
        if synchronous != SYNCHRONOUS_FULL {
            return Err(OpenError::NotDurable);
        }
        sqlx::migrate!("migrations/sqlite").run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(options.read_only(true));
        Ok(Self {
            writer,
            readers,
            _lock: lock,
        })
    }
}
