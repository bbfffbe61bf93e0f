use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

/// The one connection that writes: SQLite has one writer, and waiting here in turn is fairer than `busy`. A pool of one would
/// ask it after every statement whether it still lives, which is a trip more to SQLite's thread.
pub(super) struct Writer(Mutex<Option<SqliteConnection>>);

impl Writer {
    pub(super) async fn open(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let connection = SqliteConnection::connect_with(options).await?;
        Ok(Self(Mutex::new(Some(connection))))
    }

    /// The connection, for one transaction. Fails once it is closed.
    pub(super) async fn turn(&self) -> Result<MappedMutexGuard<'_, SqliteConnection>, sqlx::Error> {
        MutexGuard::try_map(self.0.lock().await, Option::as_mut)
            .map_err(|_| sqlx::Error::PoolClosed)
    }

    pub(super) async fn close(&self) {
        if let Some(connection) = self.0.lock().await.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the inbox was not closed in good order");
        }
    }
}
