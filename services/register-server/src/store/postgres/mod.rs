//! The store on a server, for any number of replicas.
//!
//! Every statement runs in `read committed`. Whoever deletes several rows either takes no row that another holds
//! (`skip locked`: the other is deleting it, or will be back) or takes them in the order of their key, so that no
//! two transactions wait for each other.

mod leaving;
mod login;
mod open;
mod session;

use std::io;
use std::time::Duration;

use sqlx::PgPool;

use super::open::ACQUIRE_LIMIT;
use super::residue::Residue;

/// A server that has not answered by now is away, whatever its connections say.
const ANSWER_LIMIT: Duration = Duration::from_millis(1500);

#[derive(Debug)]
pub(crate) struct Postgres {
    pool: PgPool,
    residue: Residue,
}

impl Postgres {
    pub(super) async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("select 1").execute(&self.pool).await.map(drop)
    }

    /// A server that is away is not waited for.
    pub(super) async fn close(&self) {
        let _ = tokio::time::timeout(ACQUIRE_LIMIT, self.pool.close()).await;
    }
}

/// Gives up on a server that is away, before the visitor does. What was asked of it may have come to pass.
pub(super) async fn in_time<T>(
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let late = |_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into()));
    tokio::time::timeout(ANSWER_LIMIT, asked)
        .await
        .unwrap_or_else(late)
}
