use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgConnection, Postgres};

use crate::domain::Luid;
use crate::error::ApiError;

/// A connection that goes back to the pool only when it was left in order, and is closed otherwise. Whoever is dropped
/// half-way, by a deadline or a caller who hung up, may have begun a transaction that the pool knows nothing of, with
/// locks that the next user would go on holding; or wait for a machine that is gone and never says so.
pub(super) struct Lease {
    connection: PoolConnection<Postgres>,
    in_order: bool,
}

impl Lease {
    pub(super) fn new(connection: PoolConnection<Postgres>) -> Self {
        Self {
            connection,
            in_order: false,
        }
    }

    /// Begins a transaction and waits for the person's lock, in one round trip. The lock's number is 32 bits of a
    /// digest: people who share it, one pair in four thousand million, wait for each other and nothing else.
    pub(super) async fn begin(&mut self, luid: &Luid) -> Result<(), sqlx::Error> {
        let digest = luid.digest();
        let number = i32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
        let begin = format!("begin; select pg_advisory_xact_lock({PERSON}, {number})");
        // Two integers of our own making, nothing that anybody sent.
        sqlx::raw_sql(AssertSqlSafe(begin))
            .execute(&mut *self.connection)
            .await
            .map(drop)
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        self.end("commit").await
    }

    pub(super) async fn rollback(self) -> Result<(), sqlx::Error> {
        self.end("rollback").await
    }

    /// Commits what was done, and undoes what was refused on the way.
    pub(super) async fn conclude<T>(self, outcome: Result<T, ApiError>) -> Result<T, ApiError> {
        match outcome {
            Ok(done) => {
                self.commit().await?;
                Ok(done)
            }
            Err(failure @ ApiError::Store(_)) => Err(failure),
            Err(refusal) => {
                self.rollback().await?;
                Err(refusal)
            }
        }
    }

    /// Says that nothing is under way.
    pub(super) fn release(mut self) {
        self.in_order = true;
    }

    async fn end(mut self, how: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(how).execute(&mut *self.connection).await?;
        self.release();
        Ok(())
    }
}

/// Which kind of thing an advisory lock is for; the second number says which one of its kind.
const PERSON: i32 = 1;
/// The clearing away of erased rows.
pub(super) const UPKEEP: i32 = 2;

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.in_order {
            self.connection.close_on_drop();
        }
    }
}
