//! The store in a file of this process.

mod leaving;
mod login;
mod session;

use std::time::Duration;

use secrecy::SecretString;
use service_kit::DatabaseFile;
use service_kit::database::SQLITE_GUARANTEES;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::open::{ACQUIRE_LIMIT, OpenError};
use super::residue::Residue;

const READERS: u32 = 4;
#[derive(Debug)]
pub(crate) struct Sqlite {
    /// One connection: SQLite has one writer, and waiting here is fairer than `busy`.
    writer: SqlitePool,
    readers: SqlitePool,
    residue: Residue,
    _file: DatabaseFile,
}

impl Sqlite {
    /// Opens the file that `database_url` names, alone; makes it if need be.
    pub(super) async fn open(database_url: &SecretString) -> Result<Self, OpenError> {
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
            residue: Residue::of_the_last_process(),
            _file: file,
        })
    }

    pub(super) async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("select 1")
            .execute(&self.writer)
            .await
            .map(drop)
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
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
