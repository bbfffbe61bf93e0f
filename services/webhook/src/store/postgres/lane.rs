use std::io;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow};
use sqlx::{ConnectOptions as _, Decode, Encode, FromRow, Postgres, Type, query_as_with};
use tokio::sync::{Mutex, Semaphore};

/// How long a new connection may take; whoever waits for it must be answered in time.
const CONNECT_TIME: Duration = Duration::from_millis(600);

/// How many groups may be under way: one, and those that nobody waits for any more.
const PLACES: usize = 4;

/// A connection for one kind of statement. They go one after the other, so that it needs no pool, which would ask after each
/// whether it still lives.
pub(super) struct Lane {
    options: PgConnectOptions,
    idle: Mutex<Option<PgConnection>>,
    /// A server that commits no more, as its standby is away, is not asked by ever more connections.
    places: Semaphore,
}

impl Lane {
    pub(super) fn new(options: &PgConnectOptions) -> Self {
        Self {
            options: options.clone(),
            idle: Mutex::default(),
            places: Semaphore::new(PLACES),
        }
    }

    /// The one array that `statement` gives, which costs either side less than a row for each of its elements.
    pub(super) async fn array<T>(
        &self,
        statement: &'static str,
        arguments: PgArguments,
    ) -> Result<Vec<T>, sqlx::Error>
    where
        Vec<T>: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    {
        let rows: Vec<(Vec<T>,)> = self.rows(statement, arguments).await?;
        let (array,) = rows.into_iter().next().ok_or(sqlx::Error::RowNotFound)?;
        Ok(array)
    }

    /// What `statement` gives. It may be carried out twice: a connection that died while it was idle is noticed only in using it,
    /// and perhaps not before the server has done what it was asked. What is stored or recorded twice is so once; what was taken
    /// up for nobody waits for the end of its lease.
    pub(super) async fn rows<T>(
        &self,
        statement: &'static str,
        arguments: PgArguments,
    ) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let _place = self
            .places
            .try_acquire()
            .map_err(|_| sqlx::Error::PoolTimedOut)?;
        // Taken out: whatever is given up halfway, or fails, is not used again. Not in the condition, which would hold the lock
        // while `ask` waits for it.
        let idle = self.idle.lock().await.take();
        if let Some(connection) = idle {
            match self.ask(connection, statement, arguments.clone()).await {
                Err(sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_)) => {}
                Err(sqlx::Error::Database(error)) if is_parting(error.code().as_deref()) => {}
                answer => return answer,
            }
        }
        let connection = tokio::time::timeout(CONNECT_TIME, self.options.connect())
            .await
            .map_err(|_| sqlx::Error::Io(io::ErrorKind::TimedOut.into()))??;
        self.ask(connection, statement, arguments).await
    }

    async fn ask<T>(
        &self,
        mut connection: PgConnection,
        statement: &'static str,
        arguments: PgArguments,
    ) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let answer = query_as_with(statement, arguments)
            .fetch_all(&mut connection)
            .await?;
        *self.idle.lock().await = Some(connection);
        Ok(answer)
    }

    pub(super) async fn close(&self) {
        use sqlx::Connection as _;
        if let Some(connection) = self.idle.lock().await.take() {
            // The server notices by itself if it is not told.
            let _ = connection.close().await;
        }
    }
}

/// Adds a column of the rows that a statement unnests.
pub(super) fn add<'q, T>(
    columns: &mut PgArguments,
    column: impl Iterator<Item = T>,
) -> Result<(), sqlx::Error>
where
    Vec<T>: Encode<'q, Postgres> + Type<Postgres>,
{
    use sqlx::Arguments as _;
    let column: Vec<T> = column.collect();
    columns.add(column).map_err(sqlx::Error::Encode)
}

/// Whether the server says with this code that another connection may do better: it ends this one (class 57P, operator
/// intervention), or is no longer the one that writes (25006).
fn is_parting(code: Option<&str>) -> bool {
    code.is_some_and(|code| code.starts_with("57P") || code == "25006")
}
