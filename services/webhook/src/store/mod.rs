//! The inbox: every event once, and what became of it.

mod at_once;
mod claims;
mod company;
mod error;
mod group;
mod ledger;
mod postgres;
mod record;
mod rows;
mod shelf;
mod sqlite;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;
use service_kit::{Batcher, DatabaseKind, Profile, Timestamp};
use tokio_util::sync::CancellationToken;

use claims::Place;
use company::Company;
pub(crate) use company::{Places, Wish};
pub(crate) use error::{OpenError, StoreError};
pub(crate) use ledger::{Change, Entry, Filter, Kept, Ledger, PAGE, Refusal, Selection};
use postgres::Postgres;
pub(crate) use record::{
    Answer, Backlog, Batch, Claim, NewEvent, Outcome, Quarantined, Reason, Replied, State,
};
pub(crate) use shelf::{Holding, Shelf};
use sqlite::Sqlite;

use crate::limits::TURN_TIME;

/// What takes longer is given up: the server or the way to it is gone.
const PATIENCE: Duration = Duration::from_secs(3);

/// The inbox. What many ask for at once is done in groups, each in one transaction.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    accepts: Batcher<Batch, Result<Vec<bool>, StoreError>>,
    begins: Batcher<Begin, Result<bool, StoreError>>,
    /// Where ends do not go along with what is accepted: among replicas they would make each other wait.
    ends: Option<Batcher<End, Result<bool, StoreError>>>,
    company: Arc<Company>,
    broken: CancellationToken,
    /// Where the next second look begins.
    place: Arc<Mutex<Option<Place>>>,
}

/// Where the inbox is kept.
#[derive(Clone)]
enum Database {
    /// A file of our own, for one process.
    Sqlite(Sqlite),
    /// A server, for any number of replicas.
    Postgres(Postgres),
}

/// An attempt, and when it is about to use its reply token.
struct Begin {
    event_id: i64,
    attempt: i64,
    now: Timestamp,
}

/// An attempt, and how it ended.
struct End {
    event_id: i64,
    attempt: i64,
    outcome: Outcome,
}

impl Store {
    /// Opens the inbox that `url` names and brings its schema up to date.
    pub(crate) async fn open(url: &SecretString, profile: Profile) -> Result<Self, OpenError> {
        let database = match DatabaseKind::of(url) {
            DatabaseKind::Sqlite => Database::Sqlite(Sqlite::open(url).await?),
            DatabaseKind::Postgres => Database::Postgres(Postgres::open(url, profile).await?),
        };
        let broken = CancellationToken::new();
        let company = Arc::<Company>::default();
        let along = Arc::clone(&company);
        Ok(Self {
            accepts: group::commit(
                &database,
                &broken,
                move |database: Database, batches: Vec<Batch>| {
                    let company = Arc::clone(&along);
                    async move { database.accept(&batches, &company).await }
                },
            ),
            begins: group::commit(
                &database,
                &broken,
                |database: Database, begins: Vec<Begin>| async move {
                    database.begin_replies(&begins).await
                },
            ),
            ends: match &database {
                Database::Sqlite(_) => None,
                Database::Postgres(postgres) => {
                    let postgres = postgres.clone();
                    Some(group::commit(
                        &database,
                        &broken,
                        move |_, ends: Vec<End>| {
                            let postgres = postgres.clone();
                            async move { postgres.finish(&ends).await }
                        },
                    ))
                }
            },
            database,
            company,
            broken,
            place: Arc::default(),
        })
    }

    /// Stores all of a request or nothing of it, durably. Says of each event whether it is new.
    pub(crate) async fn accept(&self, batch: Batch) -> Result<Vec<bool>, StoreError> {
        let new = self.accepts.offer(batch, TURN_TIME).await??;
        let count = count_of(new.iter().filter(|new| **new).count());
        self.company.pending.fetch_add(count, Ordering::Relaxed);
        Ok(new)
    }

    /// Has what is due taken up in the transaction in which something is stored, as far as that can be done.
    pub(crate) fn wish(&self, wish: Wish) {
        self.company.wish(Some(wish));
    }

    /// Takes the wish back. What it brought until now has been sent when this comes back.
    pub(crate) async fn wish_no_more(&self) {
        self.company.wish(None);
        let _ = self.accepts.submit(Batch::default()).await;
    }

    /// Comes back when something may be due that nobody takes up along the way.
    pub(crate) async fn due(&self) {
        self.company.due.notified().await;
    }

    /// Whether more is left to do than is being done, and nobody takes it up along the way. What other replicas stored is not
    /// always known.
    pub(crate) fn is_behind(&self, at_work: usize) -> bool {
        self.ends.is_some() && self.company.pending.load(Ordering::Relaxed) > count_of(at_work)
    }

    /// Counts what is left to do if more is being done than was known of: another process left it, or this one before it was
    /// started.
    pub(crate) async fn reckon_with(&self, at_work: i64) {
        if self.company.pending.load(Ordering::Relaxed) < at_work {
            // Whoever cannot count now counts again soon.
            let _ = self.backlog().await;
        }
    }

    /// Holds on to events for another lease.
    pub(crate) async fn extend(
        &self,
        held: &[(i64, i64)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.extend(held, now).await,
                Database::Postgres(postgres) => postgres.extend(held, now).await,
            }
        })
        .await
    }

    /// Records that the reply token is about to be used. False: this attempt no longer owns the event, or LINE
    /// has answered before.
    pub(crate) async fn begin_reply(
        &self,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (event_id, attempt) = (claim.event_id, claim.attempt);
        self.begins
            .submit(Begin {
                event_id,
                attempt,
                now,
            })
            .await?
    }

    /// Records how an attempt ended. False: it no longer owned the event, and nothing is recorded.
    pub(crate) async fn finish(&self, claim: &Claim, outcome: Outcome) -> Result<bool, StoreError> {
        let (event_id, attempt) = (claim.event_id, claim.attempt);
        let is_over = !matches!(outcome.state, State::Pending);
        let end = End {
            event_id,
            attempt,
            outcome,
        };
        let owned = match &self.ends {
            Some(ends) => ends.submit(end).await??,
            None => self.finish_along(end).await?,
        };
        if owned && is_over {
            self.company.pending.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(owned)
    }

    async fn finish_along(&self, end: End) -> Result<bool, StoreError> {
        let (patience, mut answer) = self.company.join(end);
        if let Some(patience) = patience {
            if let Ok(answer) = tokio::time::timeout(patience, &mut answer).await {
                return answer.map_err(|_| StoreError::BrokeDown);
            }
            let done = self.accepts.submit(Batch::default()).await;
            if let Err(error) = done.map_err(StoreError::from).flatten() {
                self.company.disperse();
                return Err(error);
            }
        }
        answer.await.map_err(|_| StoreError::BrokeDown)
    }

    /// Notes why the attempt is made as it is.
    pub(crate) async fn suspect(
        &self,
        claim: &Claim,
        note: &'static str,
    ) -> Result<(), StoreError> {
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.suspect(claim, note).await,
                Database::Postgres(postgres) => postgres.suspect(claim, note).await,
            }
        })
        .await
    }

    /// Forgets a message that was taken back, and makes sure that it is not acted on if it is still to come.
    pub(crate) async fn unsend(
        &self,
        claim: &Claim,
        message_id: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.unsend(claim, message_id, now).await,
                Database::Postgres(postgres) => postgres.unsend(claim, message_id, now).await,
            }
        })
        .await
    }

    /// Forgets some of what came before `before` and is finished or kept aside. True: nothing is left to forget.
    pub(crate) async fn prune(&self, before: Timestamp) -> Result<bool, StoreError> {
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.prune(before).await,
                Database::Postgres(postgres) => postgres.prune(before).await,
            }
        })
        .await
    }

    /// Makes due what would wait longer than anything is ever made to wait: it was counted by a clock that was set back.
    pub(crate) async fn mend_clock(&self, now: Timestamp) -> Result<(), StoreError> {
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.mend_clock(now).await,
                Database::Postgres(postgres) => postgres.mend_clock(now).await,
            }
        })
        .await
    }

    /// How much is left to do.
    pub(crate) async fn backlog(&self) -> Result<Backlog, StoreError> {
        let backlog = self
            .bounded(async {
                match &self.database {
                    Database::Sqlite(sqlite) => sqlite.backlog().await,
                    Database::Postgres(postgres) => postgres.backlog().await,
                }
            })
            .await?;
        self.company
            .pending
            .store(backlog.pending, Ordering::Relaxed);
        Ok(backlog)
    }

    /// Whether the inbox answers.
    pub(crate) async fn is_up(&self) -> bool {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.is_up().await,
            Database::Postgres(postgres) => postgres.is_up().await,
        }
    }

    /// Comes back when the disk has failed. What it holds can be trusted again only after the file was opened anew.
    pub(crate) async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// Whether the disk has failed.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.is_cancelled()
    }

    /// Finishes what runs and lets go of the inbox.
    pub(crate) async fn close(&self) {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.close().await,
            Database::Postgres(postgres) => postgres.close().await,
        }
    }

    /// What is asked of a server that has fallen silent would never be answered.
    async fn bounded<T>(
        &self,
        asked: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        if self.is_broken() {
            return Err(StoreError::BrokeDown);
        }
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(answer) => answer.map_err(|error| StoreError::new(error, &self.broken)),
            Err(_) => Err(StoreError::Late),
        }
    }
}

impl Database {
    async fn accept(
        &self,
        batches: &[Batch],
        company: &Company,
    ) -> Result<Vec<Vec<bool>>, sqlx::Error> {
        let is_new = batches.iter().any(|batch| !batch.is_empty());
        let along = company.take(is_new);
        let done = match self {
            Self::Sqlite(sqlite) => sqlite.accept(batches, &along.ends, along.sought).await?,
            Self::Postgres(postgres) => postgres.accept(batches, along.sought).await?,
        };
        Ok(company.tell(along, done))
    }

    async fn begin_replies(&self, begins: &[Begin]) -> Result<Vec<bool>, sqlx::Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.begin_replies(begins).await,
            Self::Postgres(postgres) => postgres.begin_replies(begins).await,
        }
    }
}

fn count_of(things: usize) -> i64 {
    i64::try_from(things).unwrap_or(i64::MAX)
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
