#[path = "../both/mod.rs"]
#[expect(
    clippy::duplicate_mod,
    reason = "each database compiles what both are told for itself"
)]
mod both;
mod insert;
mod members;
mod open;
mod pace;

use sqlx::{PgPool, Postgres, Transaction, query};

type Database = Postgres;

/// The ledger on a server, for any number of pushers.
///
/// Whatever changes an occurrence changes its row first, and so holds it until the transaction ends. That is what the single
/// writer of a SQLite file grants.
#[derive(Debug)]
pub(crate) struct Ledger {
    pool: PgPool,
}

impl Ledger {
    fn readers(&self) -> &PgPool {
        &self.pool
    }

    fn writer(&self) -> &PgPool {
        &self.pool
    }

    async fn write(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.pool.begin().await
    }
}

/// Whoever else would change the occurrence waits for the end of the transaction, or has come first.
async fn lock_occurrence(
    tx: &mut Transaction<'_, Database>,
    occurrence: i64,
) -> Result<(), sqlx::Error> {
    query("select 1 from occurrence where occurrence_id = $1 for update")
        .bind(occurrence)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// The same of what concerns all of the channel.
async fn lock_channel(tx: &mut Transaction<'_, Database>) -> Result<(), sqlx::Error> {
    query("select 1 from channel for update")
        .execute(&mut **tx)
        .await
        .map(drop)
}
