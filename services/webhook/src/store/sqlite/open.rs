use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use service_kit::DatabaseFile;
use service_kit::database::SQLITE_GUARANTEES;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{query, query_scalar};

use super::super::OpenError;
use super::Sqlite;
use super::writer::Writer;

/// A writer that waits longer than this for another process would miss the answer's deadline.
const BUSY_TIME: Duration = Duration::from_millis(500);

/// How long a caller queues for a connection.
const ACQUIRE_TIME: Duration = Duration::from_millis(800);

const READERS: u32 = 2;

/// Pages of the write-ahead log that are folded into the file at once: each time costs two waits for the disk, and a page that
/// was written several times meanwhile is folded in once.
const LOG_PAGES: &str = "4000";

/// How much of its log SQLite keeps when all of it is in the file.
const LOG_BYTES: &str = "16777216";

/// How many rows of an answer wait to be fetched.
const ROWS: usize = 512;

/// Whoever opens the file is its only process: nobody else can hold a lease any more. That there was one stays known.
const VOID_LEASES: &str = "
    update event set due_at = received_at, lease_until = 0
    where state = 'pending' and in_line = 1 and lease_until is not null";

/// How the inbox came to be as it is.
pub(in super::super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

impl Sqlite {
    pub(in super::super) async fn open(url: &SecretString) -> Result<Self, OpenError> {
        let file = DatabaseFile::open(url)?;
        let options = SqliteConnectOptions::new()
            .filename(file.path())
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIME)
            // A group's rows fit, so that SQLite's thread never stops in the middle of a statement to have them fetched.
            .row_buffer_size(ROWS)
            .pragma("wal_autocheckpoint", LOG_PAGES)
            // What is emptied or pruned is overwritten.
            .pragma("secure_delete", "on")
            // Nor does a log that once grew long keep for good what was overwritten.
            .pragma("journal_size_limit", LOG_BYTES);
        let writer = Writer::open(options.clone()).await?;
        let mut connection = writer.turn().await?;
        check_guarantees(&mut connection).await?;
        MIGRATIONS.run_direct(None, &mut *connection, false).await?;
        query(VOID_LEASES).execute(&mut *connection).await?;
        drop(connection);
        Ok(Self {
            writer: Arc::new(writer),
            readers: SqlitePoolOptions::new()
                .max_connections(READERS)
                .acquire_timeout(ACQUIRE_TIME)
                .connect_lazy_with(options.read_only(true)),
            lined_up: Arc::default(),
            _file: Arc::new(file),
        })
    }
}

async fn check_guarantees(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    for (name, question, expected) in SQLITE_GUARANTEES {
        let actual: String = query_scalar(question).fetch_one(&mut *connection).await?;
        if actual != expected {
            return Err(OpenError::Guarantee(name));
        }
    }
    Ok(())
}
