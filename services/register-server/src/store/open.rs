use std::time::Duration;

use secrecy::SecretString;
use service_kit::DatabaseFile;
use service_kit::database::{DatabaseFileError, SQLITE_GUARANTEES};
use sqlx::SqlitePool;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Store;

const READERS: u32 = 4;
/// Who waits longer for a connection is told to come back.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(2);

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file, or another process has it open.
    #[error(transparent)]
    File(#[from] DatabaseFileError),
    /// SQLite does not open it.
    #[error("the database cannot be opened")]
    Open(#[from] sqlx::Error),
    /// Its tables cannot be brought up to date.
    #[error("the database cannot be migrated")]
    Migrate(#[from] MigrateError),
    /// A commit would not be durable, or something erased would stay.
    #[error("SQLite does not grant {0}")]
    Guarantee(&'static str),
}

impl Store {
    /// Opens the file that `database_url` names, alone; makes it if need be.
    pub(crate) async fn open(database_url: &SecretString) -> Result<Self, OpenError> {
        let file = DatabaseFile::open(database_url)?;
        let options = SqliteConnectOptions::new()
            .filename(file.path())
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(500))
            // What is erased is overwritten.
            .pragma("secure_delete", "on");
        let pool = SqlitePoolOptions::new().acquire_timeout(ACQUIRE_LIMIT);
        let writer = pool
            .clone()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        check_guarantees(&writer).await?;
        sqlx::migrate!("migrations/sqlite").run(&writer).await?;
        let readers = pool
            .max_connections(READERS)
            .connect_lazy_with(options.read_only(true));
        Ok(Self {
            writer,
            readers,
            // The last process may have ended between an erasure and its scrubbing.
            unscrubbed: true.into(),
            _file: file,
        })
    }
}

async fn check_guarantees(pool: &SqlitePool) -> Result<(), OpenError> {
    for (name, question, expected) in SQLITE_GUARANTEES {
        let actual: String = sqlx::query_scalar(question).fetch_one(pool).await?;
        if actual != expected {
            return Err(OpenError::Guarantee(name));
        }
    }
    Ok(())
}
