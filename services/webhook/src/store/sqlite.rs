use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use secrecy::SecretString;
use service_kit::database::SQLITE_GUARANTEES;
use service_kit::{DatabaseFile, Timestamp};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Row as _, query, query_scalar};

use super::{Batch, Claim, OpenError, Outcome};
use crate::limits::{HOLD, LEASE};

/// A writer that waits longer than this for another process would miss the answer's deadline.
const BUSY_TIME: Duration = Duration::from_millis(500);

/// How long a caller queues for the one connection.
const ACQUIRE_TIME: Duration = Duration::from_millis(800);

/// Rows deleted in one transaction, so that no request waits long for a prune.
const PRUNE_ROWS: u32 = 500;

const INSERT_EVENT: &str = "
    insert into event (channel, event_key, conversation, event_at, received_at, raw, state, next_attempt_at)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5)
    on conflict (channel, event_key) do nothing";

const INSERT_QUARANTINE: &str = "
    insert into quarantine (channel, received_at, reason, raw, digest)
    values (?1, ?2, ?3, ?4, ?5)
    on conflict (channel, digest) do nothing";

/// No lease and no pause lasts this long: what seems to was counted by a clock that was set back since.
const CLOCK_SET_BACK: Duration = Duration::from_mins(10);

/// An event is due unless another of its conversation is in flight, or is older and still has its turn.
const CLAIM: &str = "
    update event
    set attempt = attempt + 1,
        lease_until = ?1 + ?3,
        held_until = coalesce(held_until, ?1 + ?4)
    where event_id in (
        select due.event_id
        from event due
        where due.state = 'pending'
          and (due.next_attempt_at <= ?1 or due.next_attempt_at > ?1 + ?5)
          and (coalesce(due.lease_until, 0) <= ?1 or due.lease_until > ?1 + ?5)
          and not exists (
              select 1
              from event other
              where other.channel = due.channel
                and other.conversation = due.conversation
                and other.state = 'pending'
                and other.event_id <> due.event_id
                and coalesce(other.held_until, ?1 + 1) > ?1
                and (other.lease_until > ?1
                     or (other.event_at, other.event_id) < (due.event_at, due.event_id)))
        order by due.event_at, due.event_id
        limit ?2)
    returning event_id, attempt, event_key, event_at, received_at, raw, last_error,
        coalesce(reply, '') in ('accepted', 'refused') as replied";

const BEGIN_REPLY: &str = "
    update event
    set reply = 'sending', reply_attempted_at = ?3
    where event_id = ?1 and attempt = ?2 and state = 'pending'
      and (reply is null or reply = 'sending')";

/// What is done needs no content any more: the key alone keeps it from being done again.
const FINISH: &str = "
    update event
    set state = ?3,
        next_attempt_at = ?4,
        reply = coalesce(?5, reply),
        last_error = coalesce(?6, last_error),
        lease_until = null,
        raw = iif(?3 = 'done', x'', raw),
        conversation = iif(?3 = 'done', null, conversation)
    where event_id = ?1 and attempt = ?2 and state = 'pending'";

/// Whoever opens the file is its only process: nobody else can hold a lease any more.
const VOID_LEASES: &str = "update event set lease_until = null where state = 'pending'";

const PRUNE_EVENTS: &str = "
    delete from event where event_id in (
        select event_id from event
        where state in ('done', 'stale', 'parked') and received_at < ?1 limit ?2)";

const PRUNE_QUARANTINE: &str = "
    delete from quarantine where quarantine_id in (
        select quarantine_id from quarantine where received_at < ?1 limit ?2)";

/// The inbox in one SQLite file, with one writer.
#[derive(Clone)]
pub(crate) struct Sqlite {
    pool: SqlitePool,
    _file: Arc<DatabaseFile>,
}

impl Sqlite {
    pub(super) async fn open(url: &SecretString) -> Result<Self, OpenError> {
        let file = DatabaseFile::open(url)?;
        let options = SqliteConnectOptions::new()
            .filename(file.path())
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIME)
            // What is emptied or pruned is overwritten.
            .pragma("secure_delete", "on");
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIME)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        check_guarantees(&pool).await?;
        sqlx::migrate!("migrations/sqlite").run(&pool).await?;
        query(VOID_LEASES).execute(&pool).await?;
        Ok(Self {
            pool,
            _file: Arc::new(file),
        })
    }

    pub(super) async fn accept(&self, batch: &Batch) -> Result<Vec<bool>, sqlx::Error> {
        let mut tx = self.pool.begin_with("begin immediate").await?;
        let mut new = Vec::with_capacity(batch.events.len());
        for event in &batch.events {
            let inserted = query(INSERT_EVENT)
                .bind(batch.channel)
                .bind(&event.key)
                .bind(&event.conversation)
                .bind(event.event_at.as_millis())
                .bind(batch.received_at.as_millis())
                .bind(event.raw.as_ref())
                .bind(event.state.as_str())
                .execute(&mut *tx)
                .await?
                .rows_affected();
            new.push(inserted == 1);
        }
        for kept in &batch.quarantined {
            query(INSERT_QUARANTINE)
                .bind(batch.channel)
                .bind(batch.received_at.as_millis())
                .bind(kept.reason.as_str())
                .bind(kept.raw.as_ref())
                .bind(digest(&SHA256, &kept.raw).as_ref())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(new)
    }

    pub(super) async fn claim(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, sqlx::Error> {
        query(CLAIM)
            .bind(now.as_millis())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind(millis(LEASE))
            .bind(millis(HOLD))
            .bind(millis(CLOCK_SET_BACK))
            .try_map(|row: SqliteRow| {
                Ok(Claim {
                    event_id: row.try_get("event_id")?,
                    attempt: row.try_get("attempt")?,
                    key: row.try_get("event_key")?,
                    event_at: Timestamp::from_millis(row.try_get("event_at")?),
                    received_at: Timestamp::from_millis(row.try_get("received_at")?),
                    raw: row.try_get("raw")?,
                    last_error: row.try_get("last_error")?,
                    replied: row.try_get("replied")?,
                })
            })
            .fetch_all(&self.pool)
            .await
    }

    pub(super) async fn begin_reply(
        &self,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<bool, sqlx::Error> {
        let begun = query(BEGIN_REPLY)
            .bind(claim.event_id)
            .bind(claim.attempt)
            .bind(now.as_millis())
            .execute(&self.pool)
            .await?
            .rows_affected();
        Ok(begun == 1)
    }

    pub(super) async fn finish(
        &self,
        claim: &Claim,
        outcome: &Outcome,
    ) -> Result<bool, sqlx::Error> {
        let finished = query(FINISH)
            .bind(claim.event_id)
            .bind(claim.attempt)
            .bind(outcome.state.as_str())
            .bind(outcome.next_attempt_at.as_millis())
            .bind(outcome.reply.map(super::Answer::as_str))
            .bind(outcome.error)
            .execute(&self.pool)
            .await?
            .rows_affected();
        Ok(finished == 1)
    }

    pub(super) async fn prune(&self, before: Timestamp) -> Result<bool, sqlx::Error> {
        let mut all = true;
        for statement in [PRUNE_EVENTS, PRUNE_QUARANTINE] {
            let deleted = query(statement)
                .bind(before.as_millis())
                .bind(PRUNE_ROWS)
                .execute(&self.pool)
                .await?
                .rows_affected();
            all &= deleted < u64::from(PRUNE_ROWS);
        }
        Ok(all)
    }

    pub(super) async fn is_up(&self) -> bool {
        query_scalar::<_, i64>("select 1")
            .fetch_one(&self.pool)
            .await
            .is_ok()
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

async fn check_guarantees(pool: &SqlitePool) -> Result<(), OpenError> {
    for (name, question, expected) in SQLITE_GUARANTEES {
        let actual: String = query_scalar(question).fetch_one(pool).await?;
        if actual != expected {
            return Err(OpenError::Guarantee(name));
        }
    }
    Ok(())
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
