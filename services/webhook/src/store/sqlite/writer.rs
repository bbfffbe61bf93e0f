use std::ops::{Deref, DerefMut};

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

/// The one connection that writes: SQLite has one writer, and waiting here in turn is fairer than `busy`. A pool of one would
/// ask it after every statement whether it still lives, which is a trip more to SQLite's thread.
pub(super) struct Writer {
    options: SqliteConnectOptions,
    connection: Mutex<Option<SqliteConnection>>,
    /// Where all wait that nobody outside waits for, so that LINE's events have one of them before them at most, and one that
    /// runs.
    anteroom: Mutex<()>,
}

/// The connection, for one transaction.
pub(super) struct Turn<'a> {
    connection: MappedMutexGuard<'a, SqliteConnection>,
    _place: Option<MutexGuard<'a, ()>>,
}

impl Writer {
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let connection = SqliteConnection::connect_with(&options).await?;
        Ok(Self {
            options,
            connection: Mutex::new(Some(connection)),
            anteroom: Mutex::default(),
        })
    }

    /// A turn for the worker and whoever else can wait. Fails once the writer is closed.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, sqlx::Error> {
        let place = self.anteroom.lock().await;
        Ok(Turn {
            connection: self.connection().await?,
            _place: Some(place),
        })
    }

    /// A turn for events that LINE waits to see stored. Fails once the writer is closed.
    pub(super) async fn next_turn(&self) -> Result<Turn<'_>, sqlx::Error> {
        Ok(Turn {
            connection: self.connection().await?,
            _place: None,
        })
    }

    async fn connection(&self) -> Result<MappedMutexGuard<'_, SqliteConnection>, sqlx::Error> {
        let connection = self.connection.lock().await;
        let mut connection =
            MutexGuard::try_map(connection, Option::as_mut).map_err(|_| sqlx::Error::PoolClosed)?;
        // A rollback that was only queued is done before the ping. One that failed, as SQLite had rolled back by itself when
        // its disk was full, leaves a connection that begins nothing any more.
        if connection.is_in_transaction()
            && (connection.ping().await.is_err() || connection.is_in_transaction())
        {
            *connection = SqliteConnection::connect_with(&self.options).await?;
        }
        Ok(connection)
    }

    pub(super) async fn close(&self) {
        if let Some(connection) = self.connection.lock().await.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the inbox was not closed in good order");
        }
    }
}

impl Deref for Turn<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
