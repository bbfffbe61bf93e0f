use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use service_kit::DatabaseFile;
use service_kit::database::SQLITE_GUARANTEES;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{query, query_scalar};

use super::super::OpenError;
use super::Sqlite;

/// A writer that waits longer than this for another process would miss the answer's deadline.
const BUSY_TIME: Duration = Duration::from_millis(500);

/// How long a caller queues for a connection.
const ACQUIRE_TIME: Duration = Duration::from_millis(800);

const READERS: u32 = 2;

/// Whoever opens the file is its only process: nobody else can hold a lease any more.
const VOID_LEASES: &str = "
    update event set due_at = received_at, lease_until = null
    where state = 'pending' and lease_until is not null";

impl Sqlite {
    pub(in super::super) async fn open(url: &SecretString) -> Result<Self, OpenError> {
        let file = DatabaseFile::open(url)?;
        let options = SqliteConnectOptions::new()
            .filename(file.path())
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIME)
            // What is emptied or pruned is overwritten.
            .pragma("secure_delete", "on");
        let pool = SqlitePoolOptions::new()
            .acquire_timeout(ACQUIRE_TIME)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false);
        let writer = pool
            .clone()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        check_guarantees(&writer).await?;
        sqlx::migrate!("migrations/sqlite").run(&writer).await?;
        query(VOID_LEASES).execute(&writer).await?;
        Ok(Self {
            writer,
            readers: pool
                .max_connections(READERS)
                .connect_lazy_with(options.read_only(true)),
            _file: Arc::new(file),
        })
    }
}

async fn check_guarantees(pool: &SqlitePool) -> Result<(), OpenError> {
    for (name, question, expected) in SQLITE_GUARANTEES {
        let actual: String = query_scalar(question).fetch_one(pool).await?;
        if actual != expected {
            return Err(OpenError::Guarantee(name));
        }
    }
    Ok(())
}
