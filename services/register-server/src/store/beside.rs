use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use service_kit::database::{DatabaseFileError, POSTGRES_SESSION};
use service_kit::{DatabaseFile, DatabaseKind};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::digest::Digest;

/// How long a command waits for the server that writes the file.
const BUSY_LIMIT: Duration = Duration::from_secs(5);
/// How long it may take to reach a PostgreSQL server.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The store as an operator's command sees it, beside a server that runs.
#[derive(Debug)]
pub(crate) enum Beside {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Why an operator does not get to the store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BesideError {
    #[error(transparent)]
    Address(#[from] DatabaseFileError),
    #[error("there is no store at {} yet; register-server makes it when it first starts", .0.display())]
    NoFile(PathBuf),
    #[error("the database did not answer within 5 seconds")]
    Late,
    #[error("the store cannot be opened, or is not register-server's")]
    Open(#[from] sqlx::Error),
}

impl Beside {
    /// Opens the store that `url` names as it is: neither made nor brought up to date.
    pub(crate) async fn open(url: &SecretString) -> Result<Self, BesideError> {
        match DatabaseKind::of(url) {
            DatabaseKind::Sqlite => open_file(url).await.map(Self::Sqlite),
            DatabaseKind::Postgres => connect(url).await.map(Self::Postgres),
        }
    }

    /// How many sessions there are, and of how many people.
    pub(crate) async fn count(&mut self) -> Result<(i64, i64), sqlx::Error> {
        let sql = "select count(*), count(distinct person_digest) from session";
        match self {
            Self::Sqlite(connection) => sqlx::query_as(sql).fetch_one(connection).await,
            Self::Postgres(connection) => sqlx::query_as(sql).fetch_one(connection).await,
        }
    }

    /// Ends the sessions of one person, or everybody's; answers how many.
    pub(crate) async fn end(&mut self, person: Option<&Digest>) -> Result<u64, sqlx::Error> {
        let person = person.map(Digest::as_slice);
        match self {
            Self::Sqlite(connection) => {
                let sql = "delete from session where $1 is null or person_digest = $1";
                let done = sqlx::query(sql).bind(person).execute(connection).await?;
                Ok(done.rows_affected())
            }
            // In the order of their key, as the server does: neither waits for the other for ever.
            Self::Postgres(connection) => {
                let sql = "delete from session where session_digest in (
                     select session_digest from session where $1::bytea is null or person_digest = $1
                     order by session_digest for update)";
                let done = sqlx::query(sql).bind(person).execute(connection).await?;
                Ok(done.rows_affected())
            }
        }
    }
}

async fn open_file(url: &SecretString) -> Result<SqliteConnection, BesideError> {
    let path = DatabaseFile::named(url)?;
    if !path.exists() {
        return Err(BesideError::NoFile(path));
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(BUSY_LIMIT)
        .synchronous(SqliteSynchronous::Full)
        // What is ended is overwritten.
        .pragma("secure_delete", "on");
    Ok(SqliteConnection::connect_with(&options).await?)
}

async fn connect(url: &SecretString) -> Result<PgConnection, BesideError> {
    let options = PgConnectOptions::from_str(url.expose_secret())
        .map_err(|_| DatabaseFileError::Url)?
        .application_name("register-server sessions")
        .options(POSTGRES_SESSION);
    let connecting = PgConnection::connect_with(&options);
    let connected = tokio::time::timeout(CONNECT_LIMIT, connecting).await;
    Ok(connected.map_err(|_| BesideError::Late)??)
}
