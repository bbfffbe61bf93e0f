//! The inbox: every event once, and what became of it.

mod error;
mod ledger;
mod postgres;
mod record;
mod sqlite;

use std::collections::HashSet;
use std::time::Duration;

use secrecy::SecretString;
use service_kit::{Batcher, DatabaseKind, Profile, Timestamp};
use tokio_util::sync::CancellationToken;

pub(crate) use error::{OpenError, StoreError};
pub(crate) use ledger::{Change, Entry, Filter, Kept, Ledger, PAGE, Refusal, Selection};
use postgres::Postgres;
pub(crate) use record::{
    Answer, Backlog, Batch, Claim, NewEvent, Outcome, Quarantined, Reason, Replied, State,
};
use sqlite::Sqlite;

/// How many requests wait to be stored. Whoever comes after them is sent away at once.
const WAITING: usize = 1024;

/// How many requests one commit stores, and how many marks of the worker's it takes.
const GROUP: usize = 128;

/// A group that takes longer is given up: the server or the way to it is gone.
const GROUP_TIME: Duration = Duration::from_secs(3);

/// The inbox. What many ask for at once is done in groups, each in one transaction.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    accepts: Batcher<Batch, Result<Vec<bool>, StoreError>>,
    begins: Batcher<Begin, Result<bool, StoreError>>,
    ends: Batcher<End, Result<bool, StoreError>>,
    broken: CancellationToken,
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
        Ok(Self {
            accepts: database.group(&broken, |database, batches| async move {
                database.accept(&batches).await
            }),
            begins: database.group(&broken, |database, begins| async move {
                database.begin_replies(&begins).await
            }),
            ends: database.group(&broken, |database, ends| async move {
                database.finish(&ends).await
            }),
            database,
            broken,
        })
    }

    /// Stores all of a request or nothing of it, durably. Says of each event whether it is new.
    pub(crate) async fn accept(&self, batch: Batch) -> Result<Vec<bool>, StoreError> {
        self.accepts.offer(batch).await?
    }

    /// Takes up to `limit` events that are due, one per conversation, those first that waited longest.
    pub(crate) async fn claim(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.claim(now, limit).await,
                Database::Postgres(postgres) => postgres.claim(now, limit).await,
            }
        })
        .await
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
        self.ends
            .submit(End {
                event_id,
                attempt,
                outcome,
            })
            .await?
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
        self.bounded(async {
            match &self.database {
                Database::Sqlite(sqlite) => sqlite.backlog().await,
                Database::Postgres(postgres) => postgres.backlog().await,
            }
        })
        .await
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
        match tokio::time::timeout(GROUP_TIME, asked).await {
            Ok(answer) => answer.map_err(|error| StoreError::new(error, &self.broken)),
            Err(_) => Err(StoreError::Late),
        }
    }
}

impl Database {
    async fn accept(&self, batches: &[Batch]) -> Result<Vec<Vec<bool>>, sqlx::Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.accept(batches).await,
            Self::Postgres(postgres) => postgres.accept(batches).await,
        }
    }

    async fn begin_replies(&self, begins: &[Begin]) -> Result<Vec<bool>, sqlx::Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.begin_replies(begins).await,
            Self::Postgres(postgres) => postgres.begin_replies(begins).await,
        }
    }

    async fn finish(&self, ends: &[End]) -> Result<Vec<bool>, sqlx::Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.finish(ends).await,
            Self::Postgres(postgres) => postgres.finish(ends).await,
        }
    }

    /// Has `work` done in groups. Every job of a group shares its end.
    fn group<Job, Answer, Done>(
        &self,
        broken: &CancellationToken,
        work: impl Fn(Self, Vec<Job>) -> Done + Send + Sync + 'static,
    ) -> Batcher<Job, Result<Answer, StoreError>>
    where
        Job: Send + 'static,
        Answer: Send + 'static,
        Done: Future<Output = Result<Vec<Answer>, sqlx::Error>> + Send + 'static,
    {
        let (database, broken) = (self.clone(), broken.clone());
        Batcher::spawn(WAITING, GROUP, move |jobs: Vec<Job>| {
            let (count, broken) = (jobs.len(), broken.clone());
            let done = tokio::time::timeout(GROUP_TIME, work(database.clone(), jobs));
            async move {
                let error = match done.await {
                    Ok(Ok(answers)) => return answers.into_iter().map(Ok).collect(),
                    Ok(Err(error)) => StoreError::new(error, &broken),
                    Err(_) => StoreError::Late,
                };
                vec![error; count].into_iter().map(Err).collect()
            }
        })
    }
}

/// Which of the attempts are among those that `owned` says still own their event.
fn owned<'a>(attempts: impl Iterator<Item = &'a i64>, owned: Vec<i64>) -> Vec<bool> {
    let owned: HashSet<i64> = owned.into_iter().collect();
    attempts.map(|event_id| owned.contains(event_id)).collect()
}

/// An event, and the request that brought it.
type Row<'a> = (&'a Batch, &'a NewEvent);

fn rows(batches: &[Batch]) -> Vec<Row<'_>> {
    let mut rows = Vec::with_capacity(batches.len());
    for batch in batches {
        rows.extend(batch.events.iter().map(|event| (batch, event)));
    }
    rows
}

/// Signed bytes that are no event, and the request that brought them.
type Aside<'a> = (&'a Batch, &'a Quarantined);

fn aside(batches: &[Batch]) -> Vec<Aside<'_>> {
    let mut aside = Vec::new();
    for batch in batches {
        aside.extend(batch.quarantined.iter().map(|kept| (batch, kept)));
    }
    aside
}

/// Which of the rows are among the keys that were inserted; the first of its kind, if an event came twice.
fn new_ones(rows: &[Row<'_>], inserted: Vec<String>) -> Vec<bool> {
    let mut inserted: HashSet<String> = inserted.into_iter().collect();
    rows.iter()
        .map(|(_, event)| inserted.remove(&event.key))
        .collect()
}

/// The answers to all events of a group, dealt out to the requests.
fn by_batch(batches: &[Batch], new: Vec<bool>) -> Vec<Vec<bool>> {
    let mut new = new.into_iter();
    let counts = batches.iter().map(|batch| batch.events.len());
    counts
        .map(|count| new.by_ref().take(count).collect())
        .collect()
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
