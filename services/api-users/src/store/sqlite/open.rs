use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use secrecy::SecretString;
use service_kit::DatabaseFile;
use service_kit::database::SQLITE_GUARANTEES;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::SqliteStore;
use super::registration::registrations;

const READERS: u32 = 4;
/// Who waits longer for a connection is told to come back.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(2);
/// How many rows of an answer wait to be fetched: a group's, so that SQLite's thread need not stop in the middle of it.
const ROWS: usize = 128;
/// Pages of the write-ahead log that are folded into the file at once: each time costs two waits for the disk, and a page that
/// was written several times meanwhile is folded in once.
const LOG_PAGES: &str = "4000";
/// Command-line tools may hold the file for this long.
const BUSY_LIMIT: Duration = Duration::from_millis(500);

impl SqliteStore {
    /// Opens the file, made now if there is none, for this process alone, and brings its tables up to date.
    pub(crate) async fn open(url: &SecretString) -> anyhow::Result<Self> {
        let file = DatabaseFile::open(url)?;
        let options = SqliteConnectOptions::new()
            .filename(file.path())
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_LIMIT)
            .row_buffer_size(ROWS)
            .pragma("wal_autocheckpoint", LOG_PAGES)
            .pragma("secure_delete", "on");
        let pool = SqlitePoolOptions::new()
            .acquire_timeout(ACQUIRE_LIMIT)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false);
        let writer = pool
            .clone()
            .max_connections(1)
            // What a statement would take back if it failed is a few pages, and else a file of its own.
            .connect_with(options.clone().pragma("temp_store", "memory"))
            .await?;
        check_guarantees(&writer).await?;
        sqlx::migrate!("migrations/sqlite").run(&writer).await?;
        let readers = pool
            .max_connections(READERS)
            .connect_lazy_with(options.pragma("query_only", "on"));
        Ok(Self {
            registrations: registrations(&writer),
            writer,
            readers,
            // The last process may have ended between an erasure and its scrubbing.
            unscrubbed: Arc::new(true.into()),
            _file: Arc::new(file),
        })
    }
}

async fn check_guarantees(writer: &SqlitePool) -> anyhow::Result<()> {
    for (name, question, expected) in SQLITE_GUARANTEES {
        let actual: String = sqlx::query_scalar(question).fetch_one(writer).await?;
        ensure!(
            actual == expected,
            "SQLite does not grant {name}: it reports {actual}"
        );
    }
    Ok(())
}
