use std::sync::atomic::Ordering;

use service_kit::Timestamp;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, query, query_as, query_scalar};

use super::super::rows::owned;
use super::super::{Answer, Begin, Claim, End, Place, millis};
use super::Sqlite;
use crate::limits::{CLOCK_SET_BACK, HOLD, LEASE};

/// What happened first is lined up first, so that nothing that comes late is overtaken by what happened after it.
///
/// Here as in [`CLAIM`], a limit that were nothing but a parameter would have the statement planned anew each time.
const LINE_UP: &str = "
    update event set in_line = 1
    where event_id in (
        select event_id from event
        where state = 'pending' and in_line = 0
        order by event_at, event_id
        limit ?1 + 0)";

/// An event is due unless another of its conversation is in flight, or is older and still has its turn. Not all that is due is
/// looked at, for one conversation may have written all of it.
///
/// The lease is also the mark that a reply may be under way: it is committed before, and taken away by the end alone. Whoever
/// takes up an event with the lease of another has to reckon with it.
const CLAIM: &str = "
    update event
    set attempt = attempt + 1,
        reply = case when reply is null and lease_until is not null then 'sending' else reply end,
        lease_until = ?1 + ?3,
        due_at = ?1 + ?3,
        held_until = coalesce(held_until, ?1 + ?4)
    where event_id in (
        select due.event_id
        from (
            select event_id, channel, conversation, event_at, due_at from event
            where state = 'pending' and in_line = 1 and due_at <= ?1 and (due_at, event_id) > (?5, ?6)
            order by due_at, event_id
            limit ?7 + 0) due
        where not exists (
            select 1
            from event other
            where other.channel = due.channel
              and other.conversation = due.conversation
              and other.state = 'pending' and other.in_line = 1
              and other.event_id <> due.event_id
              and coalesce(other.held_until, ?1 + 1) > ?1
              and (other.lease_until > ?1
                   or (other.event_at, other.event_id) < (due.event_at, due.event_id)))
        order by due.due_at, due.event_id
        limit ?2 + 0)
    returning event_id, attempt, channel, event_key, conversation, event_at, received_at, lease_until, raw, last_error, reply,
        exists (
            select 1 from unsent
            where unsent.channel = event.channel and unsent.message_id = event.message_id) as unsent";

/// The last of the due events that a claim looks at.
const EDGE: &str = "
    select due_at, event_id from event
    where state = 'pending' and in_line = 1 and due_at <= ?1 and (due_at, event_id) > (?2, ?3)
    order by due_at, event_id
    limit 1 offset ?4";

const EXTEND: &str = "
    update event
    set lease_until = ?2, due_at = ?2
    from (select value ->> 0 as event_id, value ->> 1 as attempt from json_each(?1)) held
    where event.event_id = held.event_id and event.attempt = held.attempt and event.state = 'pending'
      -- An attempt may have ended since it was found to be held: what waits for its next one is nobody's.
      and event.lease_until is not null";

const BEGIN_REPLIES: &str = "
    update event
    set reply = 'sending', reply_attempted_at = sent.at
    from (
        select value ->> 0 as event_id, value ->> 1 as attempt, value ->> 2 as at from json_each(?1)) sent
    where event.event_id = sent.event_id and event.attempt = sent.attempt and event.state = 'pending'
      and (event.reply is null or event.reply = 'sending')
    returning event_id";

/// What is done needs no content any more: the key alone keeps it from being done again.
const FINISH: &str = "
    update event
    set state = ended.state,
        due_at = ended.due_at,
        reply = coalesce(ended.reply, event.reply),
        reply_attempted_at = iif(ended.reply is null, event.reply_attempted_at, ended.at),
        last_error = coalesce(ended.error, event.last_error),
        lease_until = null,
        raw = iif(ended.state = 'done', x'', event.raw),
        conversation = iif(ended.state = 'done', null, event.conversation),
        message_id = iif(ended.state = 'done', null, event.message_id)
    from (
        select value ->> 0 as event_id, value ->> 1 as attempt, value ->> 2 as state, value ->> 3 as due_at,
            value ->> 4 as reply, value ->> 5 as error, value ->> 6 as at
        from json_each(?1)) ended
    where event.event_id = ended.event_id and event.attempt = ended.attempt and event.state = 'pending'
    returning event_id";

const SUSPECT: &str = "
    update event set last_error = ?3 where event_id = ?1 and attempt = ?2 and state = 'pending'";

const REMEMBER_UNSENT: &str = "
    insert into unsent (channel, message_id, received_at) values (?1, ?2, ?3)
    on conflict (channel, message_id) do nothing";

/// What does not stand in line yet is found to be taken back when it is taken up. `+` keeps the second from looking through
/// all events of the channel: the parked ones are few, and have an index.
const FORGET_UNSENT: [&str; 2] = [
    "update event
    set state = 'done', raw = x'', conversation = null, message_id = null, lease_until = null
    where channel = ?1 and conversation = ?3 and message_id = ?2 and state = 'pending' and in_line = 1",
    "update event
    set state = 'done', raw = x'', conversation = null, message_id = null
    where +channel = ?1 and +conversation = ?3 and message_id = ?2 and state = 'parked'",
];

const MEND_CLOCK: &str = "
    update event
    set due_at = ?1, lease_until = case when lease_until is not null then 0 end, held_until = null
    where state = 'pending' and in_line = 1 and due_at > ?1 + ?2";

impl Sqlite {
    pub(in super::super) async fn claim(
        &self,
        now: Timestamp,
        limit: i64,
        from: Place,
        look: i64,
    ) -> Result<Vec<Claim>, sqlx::Error> {
        let mut writer = self.writer.turn().await?;
        let mut tx = writer.begin_with("begin immediate").await?;
        let lined_up =
            self.lined_up.swap(false, Ordering::Relaxed) || line_up(&mut tx, limit).await?;
        let claims = take_up(&mut tx, now, limit, from, look).await?;
        tx.commit().await?;
        self.lined_up.store(lined_up, Ordering::Relaxed);
        Ok(claims)
    }

    pub(in super::super) async fn edge(
        &self,
        now: Timestamp,
        from: Place,
        look: i64,
    ) -> Result<Option<Place>, sqlx::Error> {
        query_as(EDGE)
            .bind(now.as_millis())
            .bind(from.due_at)
            .bind(from.event_id)
            .bind(look - 1)
            .fetch_optional(&self.readers)
            .await
    }

    pub(in super::super) async fn extend(
        &self,
        held: &[(i64, i64)],
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        query(EXTEND)
            .bind(json(held))
            .bind((now + LEASE).as_millis())
            .execute(&mut *self.writer.turn().await?)
            .await?;
        Ok(())
    }

    pub(in super::super) async fn begin_replies(
        &self,
        begins: &[Begin],
    ) -> Result<Vec<bool>, sqlx::Error> {
        let rows: Vec<_> = begins
            .iter()
            .map(|begin| (begin.event_id, begin.attempt, begin.now.as_millis()))
            .collect();
        let begun = query_scalar(BEGIN_REPLIES)
            .bind(json(&rows))
            .fetch_all(&mut *self.writer.turn().await?)
            .await?;
        Ok(owned(begins.iter().map(|begin| &begin.event_id), begun))
    }

    pub(in super::super) async fn suspect(
        &self,
        claim: &Claim,
        note: &'static str,
    ) -> Result<(), sqlx::Error> {
        query(SUSPECT)
            .bind(claim.event_id)
            .bind(claim.attempt)
            .bind(note)
            .execute(&mut *self.writer.turn().await?)
            .await?;
        Ok(())
    }

    pub(in super::super) async fn unsend(
        &self,
        claim: &Claim,
        message_id: &str,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let mut writer = self.writer.turn().await?;
        let mut tx = writer.begin_with("begin immediate").await?;
        query(REMEMBER_UNSENT)
            .bind(&claim.channel)
            .bind(message_id)
            .bind(now.as_millis())
            .execute(&mut *tx)
            .await?;
        for statement in FORGET_UNSENT {
            query(statement)
                .bind(&claim.channel)
                .bind(message_id)
                .bind(&claim.conversation)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }

    pub(in super::super) async fn mend_clock(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        query(MEND_CLOCK)
            .bind(now.as_millis())
            .bind(millis(CLOCK_SET_BACK))
            .execute(&mut *self.writer.turn().await?)
            .await?;
        Ok(())
    }
}

/// Lines up so many. True: nothing waits to be lined up any more.
pub(super) async fn line_up(
    connection: &mut SqliteConnection,
    limit: i64,
) -> Result<bool, sqlx::Error> {
    let lined_up = query(LINE_UP).bind(limit).execute(connection).await?;
    Ok(lined_up.rows_affected() < limit.unsigned_abs())
}

pub(super) async fn take_up(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: i64,
    from: Place,
    look: i64,
) -> Result<Vec<Claim>, sqlx::Error> {
    query_as(CLAIM)
        .bind(now.as_millis())
        .bind(limit)
        .bind(millis(LEASE))
        .bind(millis(HOLD))
        .bind(from.due_at)
        .bind(from.event_id)
        .bind(look)
        .fetch_all(connection)
        .await
}

/// Says of each end whether its attempt still owned the event.
pub(super) async fn finish(
    connection: &mut SqliteConnection,
    ends: &[End],
) -> Result<Vec<bool>, sqlx::Error> {
    let rows: Vec<_> = ends
        .iter()
        .map(|end| {
            let outcome = &end.outcome;
            let reply = outcome.reply.map(Answer::as_str);
            (
                end.event_id,
                end.attempt,
                outcome.state.as_str(),
                outcome.due_at.as_millis(),
                reply,
                outcome.error,
                outcome.at.as_millis(),
            )
        })
        .collect();
    let finished = query_scalar(FINISH)
        .bind(json(&rows))
        .fetch_all(connection)
        .await?;
    Ok(owned(ends.iter().map(|end| &end.event_id), finished))
}

fn json<T: serde::Serialize + ?Sized>(rows: &T) -> String {
    serde_json::to_string(rows).expect("numbers and short texts are JSON")
}
