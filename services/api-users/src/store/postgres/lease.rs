use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Row as _};

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

    /// Begins a transaction and waits for the person's lock, in one round trip.
    pub(super) async fn begin(&mut self, luid: &Luid) -> Result<(), sqlx::Error> {
        self.begin_all([luid]).await
    }

    /// The same for all of these people. Their locks are taken in the same order by everybody, so that nobody waits in
    /// a circle.
    pub(super) async fn begin_all<'a>(
        &mut self,
        luids: impl IntoIterator<Item = &'a Luid>,
    ) -> Result<(), sqlx::Error> {
        let statements = format!("begin; {}", lock_all(luids));
        self.run(statements).await.map(drop)
    }

    /// Begins a transaction and says of each of these keys, by its number, whether nobody else uses it: then nobody
    /// else does until the end of the transaction.
    pub(super) async fn begin_with_keys(
        &mut self,
        keys: impl IntoIterator<Item = i32>,
    ) -> Result<Vec<bool>, sqlx::Error> {
        let keys = array(keys);
        let statements = format!(
            "begin; select pg_try_advisory_xact_lock({KEY}, key) from unnest({keys}) as key"
        );
        let rows = self.run(statements).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    /// Waits for the locks of all these people, in a transaction that has begun.
    pub(super) async fn lock<'a>(
        &mut self,
        luids: impl IntoIterator<Item = &'a Luid>,
    ) -> Result<(), sqlx::Error> {
        self.run(lock_all(luids)).await.map(drop)
    }

    async fn run(&mut self, statements: String) -> Result<Vec<PgRow>, sqlx::Error> {
        // Statements and integers of our own making, nothing that anybody sent.
        sqlx::raw_sql(AssertSqlSafe(statements))
            .fetch_all(&mut *self.connection)
            .await
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

/// A person's lock has a number of 32 bits of a digest: people who share it, one pair in four thousand million, wait for
/// each other and nothing else.
fn lock_all<'a>(luids: impl IntoIterator<Item = &'a Luid>) -> String {
    let numbers: BTreeSet<i32> = luids
        .into_iter()
        .map(|luid| number(&luid.digest()))
        .collect();
    let numbers = array(numbers);
    format!(
        "select count(pg_advisory_xact_lock({PERSON}, person)) from unnest({numbers}) as person"
    )
}

fn array(numbers: impl IntoIterator<Item = i32>) -> String {
    let numbers: Vec<_> = numbers
        .into_iter()
        .map(|number| number.to_string())
        .collect();
    format!("'{{{}}}'::integer[]", numbers.join(","))
}

/// The first 32 bits of a digest.
pub(super) fn number(digest: &[u8]) -> i32 {
    let mut first = [0; 4];
    first.copy_from_slice(&digest[..4]);
    i32::from_be_bytes(first)
}

/// Which kind of thing an advisory lock is for; the second number says which one of its kind.
const PERSON: i32 = 1;
/// The clearing away of erased rows.
pub(super) const UPKEEP: i32 = 2;
/// What is being done under an idempotency key.
const KEY: i32 = 3;

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
