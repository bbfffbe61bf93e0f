mod answers;
mod audience;
mod audit;
mod bound;
mod consents;
mod edit;
mod erasure;
mod export;
mod feed;
mod friendship;
mod import;
mod lease;
mod members;
mod memberships;
mod open;
mod person;
mod registration;
mod upkeep;

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use self::lease::Lease;
use super::registration::Registrations;
use crate::domain::Luid;

/// A server that is away is not waited for longer than this.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// The members on a PostgreSQL server, shared with other replicas.
///
/// Whatever writes holds the locks of whom it concerns from its start to its commit ([`Self::write`], [`Lease::lock`]),
/// so that what it reads of them stays true. That is what the single writer of a SQLite file grants, for one person.
#[derive(Clone)]
pub(crate) struct PostgresStore {
    pool: PgPool,
    pub(super) registrations: Registrations,
    /// How to reach the server for what takes longer than the pool's sessions may.
    unhurried: Arc<PgConnectOptions>,
}

impl PostgresStore {
    async fn read(&self) -> Result<Lease, sqlx::Error> {
        Ok(Lease::new(self.pool.acquire().await?))
    }

    /// A transaction that holds the person's lock. Each of its statements sees what was committed before it, so all of
    /// them see what the one who held the lock before has done.
    async fn write(&self, luid: &Luid) -> Result<Lease, sqlx::Error> {
        let mut lease = self.read().await?;
        lease.begin(luid).await?;
        Ok(lease)
    }

    /// Whether it answers.
    pub(crate) async fn check(&self) -> Result<(), sqlx::Error> {
        let mut lease = self.read().await?;
        sqlx::query("select exists (select 1 from member)")
            .execute(&mut *lease)
            .await?;
        lease.release();
        Ok(())
    }

    /// Ends the sessions.
    pub(crate) async fn close(&self) {
        let _ = tokio::time::timeout(CLOSE_LIMIT, self.pool.close()).await;
    }
}
