//! What is still held about people, and letting go of it.

use service_kit::Timestamp;
use sqlx::FromRow;

use super::{Database, Place, Store, StoreError};

/// Where the inbox holds what may be about a person. What is done holds nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// What came and was not looked at yet. From here it goes to the next one, never back.
    New,
    InLine,
    Stale,
    Parked,
    Quarantine,
}

impl Shelf {
    pub(crate) const ALL: [Self; 5] = [
        Self::New,
        Self::InLine,
        Self::Stale,
        Self::Parked,
        Self::Quarantine,
    ];
}

/// Something that may be about a person.
#[derive(FromRow)]
pub(crate) struct Holding {
    #[sqlx(flatten)]
    place: Place,
    pub(crate) conversation: Option<String>,
    /// When it happened, or came.
    #[sqlx(try_from = "i64")]
    pub(crate) dated: Timestamp,
    pub(crate) raw: Vec<u8>,
}

impl Store {
    /// Some of what the shelf holds, what comes after `last` in its order. Nothing: that was all.
    pub(crate) async fn holdings(
        &self,
        on: Shelf,
        last: Option<&Holding>,
    ) -> Result<Vec<Holding>, StoreError> {
        let from = last.map_or(Place::START, |last| last.place);
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.holdings(on, from).await,
                Database::Postgres(postgres) => postgres.holdings(on, from).await,
            }
        })
        .await
    }

    /// Empties it for good. Its key stays, so that it is not taken for new when it comes again, and whoever works on it
    /// owns it no longer.
    pub(crate) async fn forget(&self, on: Shelf, holding: &Holding) -> Result<(), StoreError> {
        let id = holding.place.event_id;
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.forget(on, id).await,
                Database::Postgres(postgres) => postgres.forget(on, id).await,
            }
        })
        .await
    }

    /// Makes sure that nothing emptied is left in the files, as far as that is ours to do. False: it did not come to it yet.
    pub(crate) async fn scrub(&self) -> Result<bool, StoreError> {
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.scrub().await,
                // The server's log and its free space are its own.
                Database::Postgres(_) => Ok(true),
            }
        })
        .await
    }
}
