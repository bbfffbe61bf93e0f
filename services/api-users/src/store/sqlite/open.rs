use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use service_kit::FileLock;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::SqliteStore;

const READERS: u32 = 4;
/// Who waits longer for a connection is told to come back.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(2);
/// Command-line tools may hold the file for this long.
const BUSY_LIMIT: Duration = Duration::from_millis(500);

/// What the guarantees rest on, with the value that SQLite must report.
const PRAGMAS: [(&str, &str, &str); 4] = [
    (
        "journal_mode",
        "select journal_mode from pragma_journal_mode",
        "wal",
    ),
    (
        "synchronous FULL",
        "select cast(synchronous as text) from pragma_synchronous",
        "2",
    ),
    (
        "foreign_keys",
        "select cast(foreign_keys as text) from pragma_foreign_keys",
        "1",
    ),
    (
        "secure_delete",
        "select cast(secure_delete as text) from pragma_secure_delete",
        "1",
    ),
];

impl SqliteStore {
    /// Opens the file, made now if there is none, for this process alone, and brings its tables up to date.
    pub(crate) async fn open(url: &SecretString) -> anyhow::Result<Self> {
        let url = url.expose_secret();
        ensure!(
            url.starts_with("sqlite://") && !url.contains("memory"),
            "DATABASE_URL must look like sqlite:///path/file.db"
        );
        let options = SqliteConnectOptions::from_str(url)
            .context("DATABASE_URL must look like sqlite:///path/file.db")?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_LIMIT)
            .pragma("secure_delete", "on");
        let lock = FileLock::acquire(options.get_filename())?;
        keep_private(options.get_filename())?;
        let pool = SqlitePoolOptions::new()
            .acquire_timeout(ACQUIRE_LIMIT)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false);
        let writer = pool
            .clone()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        check_pragmas(&writer).await?;
        sqlx::migrate!("migrations/sqlite").run(&writer).await?;
        let readers = pool
            .max_connections(READERS)
            .connect_lazy_with(options.pragma("query_only", "on"));
        Ok(Self {
            writer,
            readers,
            // The last process may have ended between an erasure and its scrubbing.
            unscrubbed: Arc::new(true.into()),
            _lock: Arc::new(lock),
        })
    }
}

/// Makes a new file readable by its owner alone; SQLite gives the write-ahead log the same mode.
fn keep_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// SQLite ignores what it does not know; a guarantee must not rest on a request.
async fn check_pragmas(writer: &SqlitePool) -> anyhow::Result<()> {
    for (name, question, expected) in PRAGMAS {
        let actual: String = sqlx::query_scalar(question).fetch_one(writer).await?;
        ensure!(
            actual == expected,
            "SQLite does not grant {name}: it reports {actual}"
        );
    }
    Ok(())
}
