use std::time::Duration;

use secrecy::SecretString;
use service_kit::DatabaseFile;
use service_kit::database::{DatabaseFileError, SQLITE_GUARANTEES};
use sqlx::SqlitePool;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Store;

/// The ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file, or another process has it open.
    #[error(transparent)]
    File(#[from] DatabaseFileError),
    /// SQLite does not open it.
    #[error("the ledger cannot be opened")]
    Open(#[from] sqlx::Error),
    /// Its tables cannot be brought up to date.
    #[error("the ledger cannot be migrated")]
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
            // What is forgotten is overwritten.
            .pragma("secure_delete", "on");
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        check_guarantees(&pool).await?;
        sqlx::migrate!("migrations/sqlite").run(&pool).await?;
        // Whoever held a lease is gone, or the lock would not be ours.
        sqlx::query("update occurrence set lease_until = 0 where lease_until <> 0")
            .execute(&pool)
            .await?;
        Ok(Self { pool, _file: file })
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
