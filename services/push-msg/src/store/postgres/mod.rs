mod batch;
mod forget;
mod freeze;
mod look;
mod occurrence;
mod open;
mod operate;
mod pace;
mod pieces;
mod plan;
mod prune;
mod quota;
mod restore;

use sqlx::{PgPool, Postgres, Transaction};

/// The ledger on a server, for any number of pushers.
///
/// Whatever changes an occurrence changes its row first, and so holds it until the transaction ends. That is what the single
/// writer of a SQLite file grants.
#[derive(Debug)]
pub(crate) struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    async fn write(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.pool.begin().await
    }

    /// Whether it answers.
    pub(crate) async fn is_ready(&self) -> bool {
        let asked = sqlx::query("select exists (select 1 from occurrence)");
        asked.execute(&self.pool).await.is_ok()
    }
}
