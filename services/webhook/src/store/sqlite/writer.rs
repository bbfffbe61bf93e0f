use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

/// The one connection that writes: SQLite has one writer, and waiting here in turn is fairer than `busy`. A pool of one would
/// ask it after every statement whether it still lives, which is a trip more to SQLite's thread.
pub(super) struct Writer {
    options: SqliteConnectOptions,
    connection: Mutex<Option<SqliteConnection>>,
}

impl Writer {
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let connection = SqliteConnection::connect_with(&options).await?;
        Ok(Self {
            options,
            connection: Mutex::new(Some(connection)),
        })
    }

    /// The connection, for one transaction. Fails once it is closed.
    pub(super) async fn turn(&self) -> Result<MappedMutexGuard<'_, SqliteConnection>, sqlx::Error> {
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
