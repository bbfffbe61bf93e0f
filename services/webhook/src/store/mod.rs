//! The inbox: every event once, and what became of it.

mod record;
mod sqlite;

use secrecy::SecretString;
use service_kit::Timestamp;
use service_kit::database::DatabaseFileError;

pub(crate) use record::{Answer, Batch, Claim, NewEvent, Outcome, Quarantined, Reason, State};
use sqlite::Sqlite;

/// Where the inbox is kept.
#[derive(Clone)]
pub(crate) enum Store {
    /// A file of our own, for one process.
    Sqlite(Sqlite),
}

/// Why the inbox could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    File(#[from] DatabaseFileError),
    #[error("the inbox cannot be opened")]
    Open(#[from] sqlx::Error),
    #[error("the inbox cannot be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("SQLite does not grant {0}")]
    Guarantee(&'static str),
}

impl Store {
    /// Opens the inbox that `url` names, alone, and brings its schema up to date.
    pub(crate) async fn open(url: &SecretString) -> Result<Self, OpenError> {
        Sqlite::open(url).await.map(Self::Sqlite)
    }

    /// Stores all of a request or nothing of it, durably. Says of each event whether it is new.
    pub(crate) async fn accept(&self, batch: &Batch) -> Result<Vec<bool>, sqlx::Error> {
        let Self::Sqlite(store) = self;
        store.accept(batch).await
    }

    /// Takes up to `limit` events that are due, one per conversation, the oldest first.
    pub(crate) async fn claim(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, sqlx::Error> {
        let Self::Sqlite(store) = self;
        store.claim(now, limit).await
    }

    /// Records that the reply token is about to be used. False: this attempt no longer owns the event, or LINE
    /// has answered before.
    pub(crate) async fn begin_reply(
        &self,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<bool, sqlx::Error> {
        let Self::Sqlite(store) = self;
        store.begin_reply(claim, now).await
    }

    /// Records how an attempt ended. False: it no longer owned the event, and nothing is recorded.
    pub(crate) async fn finish(
        &self,
        claim: &Claim,
        outcome: &Outcome,
    ) -> Result<bool, sqlx::Error> {
        let Self::Sqlite(store) = self;
        store.finish(claim, outcome).await
    }

    /// Forgets some of what came before `before` and is finished or kept aside. True: nothing is left to forget.
    pub(crate) async fn prune(&self, before: Timestamp) -> Result<bool, sqlx::Error> {
        let Self::Sqlite(store) = self;
        store.prune(before).await
    }

    /// Whether the inbox answers.
    pub(crate) async fn is_up(&self) -> bool {
        let Self::Sqlite(store) = self;
        store.is_up().await
    }

    /// Finishes what runs and lets go of the inbox.
    pub(crate) async fn close(&self) {
        let Self::Sqlite(store) = self;
        store.close().await;
    }
}
