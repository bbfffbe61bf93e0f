use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use service_kit::DatabaseFile;
use service_kit::database::SQLITE_GUARANTEES;
use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Ledger;
use crate::store::open::{APPLIED, OpenError, check_version};

/// Of this process. Whoever looks in beside it has connections of their own.
const READERS: u32 = 1;
/// Pages of a transaction, in KiB. Beside that nothing is read twice, and the system keeps the file's pages anyway.
const WRITER_CACHE: &str = "-1000";
const READER_CACHE: &str = "-250";
/// An operator's command may be writing.
const BUSY_LIMIT: Duration = Duration::from_secs(5);

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

impl Ledger {
    /// Opens the file that `url` names, alone; makes it if need be.
    pub(crate) async fn open(url: &SecretString) -> Result<Self, OpenError> {
        let file = DatabaseFile::open(url)?;
        let path = file.path().to_owned();
        let store = Self::of_file(&path, Some(file)).await?;
        check_guarantees(&store.writer).await?;
        MIGRATIONS.run(&store.writer).await?;
        // Whoever held a lease is gone, or the lock would not be ours.
        sqlx::query("update occurrence set lease_until = 0 where lease_until <> 0")
            .execute(&store.writer)
            .await?;
        Ok(store)
    }

    /// Looks in beside whoever sends. Makes nothing and changes no table.
    pub(crate) async fn open_beside(url: &SecretString) -> Result<Self, OpenError> {
        let path = DatabaseFile::named(url)?;
        if !path.exists() {
            return Err(OpenError::NoLedger);
        }
        let store = Self::of_file(&path, None).await?;
        let applied: Result<Vec<i64>, _> =
            sqlx::query_scalar(APPLIED).fetch_all(&store.readers).await;
        check_version(&MIGRATIONS, &applied.map_err(OpenError::NotALedger)?)?;
        Ok(store)
    }

    async fn of_file(path: &Path, file: Option<DatabaseFile>) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_LIMIT)
            // What is forgotten is overwritten.
            .pragma("secure_delete", "on");
        let readers = options.clone().pragma("cache_size", READER_CACHE);
        let readers = readers.pragma("query_only", "on");
        let pool = SqlitePoolOptions::new()
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false);
        Ok(Self {
            writer: pool
                .clone()
                .max_connections(1)
                .connect_with(options.pragma("cache_size", WRITER_CACHE))
                .await?,
            readers: pool.max_connections(READERS).connect_lazy_with(readers),
            _file: file,
        })
    }
}

async fn check_guarantees(writer: &SqlitePool) -> Result<(), OpenError> {
    for (name, question, expected) in SQLITE_GUARANTEES {
        let actual: String = sqlx::query_scalar(question).fetch_one(writer).await?;
        if actual != expected {
            return Err(OpenError::Guarantee(name));
        }
    }
    Ok(())
}
