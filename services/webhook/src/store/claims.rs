//! Which of the events that are due are taken up.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use service_kit::Timestamp;
use service_kit::telemetry::chain;

use super::{Claim, Database, Store, StoreError, count_of};

/// How many due events a second look looks at. Each costs about a microsecond, for it is asked who stands before it.
const SECOND_LOOK: i64 = 1024;

/// How many due events, the first that are due, are looked at for each that is wanted.
pub(super) const FIRST_LOOK: i64 = 2;

/// A place in the order in which events fall due.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(super) struct Place {
    pub(super) due_at: i64,
    pub(super) event_id: i64,
}

impl Place {
    pub(super) const START: Self = Self {
        due_at: -1,
        event_id: 0,
    };
}

impl Store {
    /// Takes up to `limit` events that are due, one per conversation, those first that waited longest.
    ///
    /// As many of those that just came are lined up before, so that none is overtaken by what happened after it.
    ///
    /// The first of what is due may all wait for one conversation. Then a second look goes on where the last one ended, and so
    /// comes round to everybody.
    pub(crate) async fn claim(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        let look = FIRST_LOOK * count_of(limit);
        let mut claims = self.claim_from(now, limit, Place::START, look).await?;
        if claims.len() == limit || self.company.pending.load(Ordering::Relaxed) <= look {
            return Ok(claims);
        }
        // What the first look took up is ours, whatever becomes of the second.
        match self.look_further(now, limit - claims.len(), look).await {
            Ok(more) => claims.extend(more),
            Err(error) => tracing::warn!(error = chain(&error), "cannot look for more events"),
        }
        Ok(claims)
    }

    /// Goes on where the last second look ended.
    async fn look_further(
        &self,
        now: Timestamp,
        limit: usize,
        look: i64,
    ) -> Result<Vec<Claim>, StoreError> {
        let last = *self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let from = match last {
            Some(place) => Some(place),
            None => self.edge(now, Place::START, look).await?,
        };
        let Some(from) = from else {
            return Ok(Vec::new());
        };
        let next = self.edge(now, from, SECOND_LOOK).await?;
        let claims = self.claim_from(now, limit, from, SECOND_LOOK).await?;
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(claims)
    }

    async fn claim_from(
        &self,
        now: Timestamp,
        limit: usize,
        from: Place,
        look: i64,
    ) -> Result<Vec<Claim>, StoreError> {
        let limit = count_of(limit);
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.claim(now, limit, from, look).await,
                Database::Postgres(postgres) => postgres.claim(now, limit, from, look).await,
            }
        })
        .await
    }

    /// The last of the due events that a look looks at, unless there are fewer.
    async fn edge(
        &self,
        now: Timestamp,
        from: Place,
        look: i64,
    ) -> Result<Option<Place>, StoreError> {
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.edge(now, from, look).await,
                Database::Postgres(postgres) => postgres.edge(now, from, look).await,
            }
        })
        .await
    }
}
