use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use service_kit::database::{DatabaseFileError, POSTGRES_SESSION};
use service_kit::{DatabaseFile, DatabaseKind};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgConnection, SqliteConnection, query_as};

use super::super::{postgres, sqlite};
use super::Ledger;

/// How long a command waits for the server that writes the file.
const BUSY_TIME: Duration = Duration::from_secs(5);

/// How long it may take to reach a PostgreSQL server.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// A search through a whole month may take longer than what a server asks, in milliseconds.
const STATEMENT_TIME: (&str, &str) = ("statement_timeout", "60000");

const APPLIED: &str =
    "select version, checksum from _sqlx_migrations where success order by version";

/// Why an operator does not get to see the inbox.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    #[error(transparent)]
    Address(#[from] DatabaseFileError),
    #[error("there is no inbox at {} yet; the webhook makes it when it first starts", .0.display())]
    NoFile(PathBuf),
    #[error("the database did not answer within 5 seconds")]
    Late,
    #[error("the inbox cannot be opened")]
    Open(#[from] sqlx::Error),
    #[error("this database is not the webhook's inbox")]
    NotAnInbox(#[source] Option<sqlx::Error>),
    #[error(
        "the inbox is of an older version than this program; the webhook brings it up to date when it next starts"
    )]
    Older,
    #[error("the inbox is of a newer version than this program; use the version that serves it")]
    Newer,
}

impl Ledger {
    /// Opens the inbox that `url` names as it is: neither made nor brought up to date.
    pub(crate) async fn open(url: &SecretString) -> Result<Self, LedgerError> {
        let mut ledger = match DatabaseKind::of(url) {
            DatabaseKind::Sqlite => Self::Sqlite(open_file(url).await?),
            DatabaseKind::Postgres => Self::Postgres(connect(url).await?),
        };
        ledger.check_version().await?;
        Ok(ledger)
    }

    async fn check_version(&mut self) -> Result<(), LedgerError> {
        let ours: &Migrator = match self {
            Self::Sqlite(_) => &sqlite::MIGRATIONS,
            Self::Postgres(_) => &postgres::MIGRATIONS,
        };
        let applied: Result<Vec<(i64, Vec<u8>)>, sqlx::Error> =
            on_either!(self, connection => query_as(APPLIED).fetch_all(connection).await);
        compare(
            ours,
            &applied.map_err(|error| LedgerError::NotAnInbox(Some(error)))?,
        )
    }
}

fn compare(ours: &Migrator, applied: &[(i64, Vec<u8>)]) -> Result<(), LedgerError> {
    for (version, checksum) in applied {
        match ours.iter().find(|known| known.version == *version) {
            None => return Err(LedgerError::Newer),
            Some(known) if known.checksum.as_ref() != checksum => {
                return Err(LedgerError::NotAnInbox(None));
            }
            Some(_) => {}
        }
    }
    if ours.iter().count() == applied.len() {
        Ok(())
    } else {
        Err(LedgerError::Older)
    }
}

async fn open_file(url: &SecretString) -> Result<SqliteConnection, LedgerError> {
    let path = DatabaseFile::named(url)?;
    if !path.exists() {
        return Err(LedgerError::NoFile(path));
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(BUSY_TIME)
        .synchronous(SqliteSynchronous::Full)
        // What is dropped is overwritten.
        .pragma("secure_delete", "on");
    Ok(SqliteConnection::connect_with(&options).await?)
}

async fn connect(url: &SecretString) -> Result<PgConnection, LedgerError> {
    let options = PgConnectOptions::from_str(url.expose_secret())?
        .application_name("webhook events")
        .options(POSTGRES_SESSION)
        .options([STATEMENT_TIME]);
    let connecting = PgConnection::connect_with(&options);
    let connected = tokio::time::timeout(CONNECT_TIME, connecting).await;
    Ok(connected.map_err(|_| LedgerError::Late)??)
}
