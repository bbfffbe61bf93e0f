use service_kit::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, query, query_as};

use super::super::rows::owned;
use super::super::{Answer, Begin, Claim, End, Place, millis};
use super::Postgres;
use super::lane::add;
use crate::limits::{CLOCK_SET_BACK, HOLD, LEASE};

const TAKE_UP: &str = "select * from take_up($1, $2, $3, $4, $5, $6, $7)";

/// The last of the due events that a claim looks at.
const EDGE: &str = "
    select due_at, event_id from event
    where state = 'pending' and in_line and due_at <= $1 and (due_at, event_id) > ($2, $3)
    order by due_at, event_id
    limit 1 offset $4";

/// Here as below, `any ($1)` has the rows found by their keys, even by a plan that was made when there were next to none.
const EXTEND: &str = "
    update event
    set lease_until = $3, due_at = $3
    from unnest($1::bigint[], $2::bigint[]) as held (event_id, attempt)
    where event.event_id = any ($1) and event.event_id = held.event_id and event.attempt = held.attempt and event.state = 'pending'
      -- An attempt may have ended since it was found to be held: what waits for its next one is nobody's.
      and event.lease_until is not null";

const BEGIN_REPLIES: &str = "
    with begun as (
        update event
        set reply = 'sending', reply_attempted_at = sent.at
        from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as sent (event_id, attempt, at)
        where event.event_id = any ($1) and event.event_id = sent.event_id and event.attempt = sent.attempt and event.state = 'pending'
          and (event.reply is null or event.reply = 'sending')
        returning event.event_id
    )
    select coalesce(array_agg(event_id), '{}') from begun";

/// What is done needs no content any more: the key alone keeps it from being done again.
const FINISH: &str = "
    with finished as (
        update event
        set state = ended.state,
            due_at = ended.due_at,
            reply = coalesce(ended.reply, event.reply),
            reply_attempted_at = case when ended.reply is null then event.reply_attempted_at else ended.at end,
            last_error = coalesce(ended.error, event.last_error),
            lease_until = null,
            raw = case ended.state when 'done' then ''::bytea else event.raw end,
            conversation = case ended.state when 'done' then null else event.conversation end,
            message_id = case ended.state when 'done' then null else event.message_id end
        from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])
            as ended (event_id, attempt, state, due_at, reply, error, at)
        where event.event_id = any ($1) and event.event_id = ended.event_id and event.attempt = ended.attempt and event.state = 'pending'
        returning event.event_id
    )
    select coalesce(array_agg(event_id), '{}') from finished";

const SUSPECT: &str = "
    update event set last_error = $3 where event_id = $1 and attempt = $2 and state = 'pending'";

const REMEMBER_UNSENT: &str = "
    insert into unsent (channel, message_id, received_at) values ($1, $2, $3)
    on conflict (channel, message_id) do nothing";

/// What does not stand in line yet is found to be taken back when it is taken up.
const FORGET_UNSENT: [&str; 2] = [
    "update event
    set state = 'done', raw = ''::bytea, conversation = null, message_id = null, lease_until = null
    where channel = $1 and conversation = $3 and message_id = $2 and state = 'pending' and in_line",
    "update event
    set state = 'done', raw = ''::bytea, conversation = null, message_id = null
    where channel = $1 and conversation = $3 and message_id = $2 and state = 'parked'",
];

const MEND_CLOCK: &str = "
    update event
    set due_at = $1, lease_until = case when lease_until is not null then 0 end, held_until = null
    where state = 'pending' and in_line and due_at > $1 + $2";

impl Postgres {
    pub(in super::super) async fn claim(
        &self,
        now: Timestamp,
        limit: i64,
        from: Place,
        look: i64,
    ) -> Result<Vec<Claim>, sqlx::Error> {
        let mut arguments = PgArguments::default();
        for argument in [
            now.as_millis(),
            limit,
            (now + LEASE).as_millis(),
            (now + HOLD).as_millis(),
            from.due_at,
            from.event_id,
            look,
        ] {
            arguments.add(argument).map_err(sqlx::Error::Encode)?;
        }
        self.lanes.claims.rows(TAKE_UP, arguments).await
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
            .fetch_optional(&self.pool)
            .await
    }

    pub(in super::super) async fn extend(
        &self,
        held: &[(i64, i64)],
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let (event_ids, attempts): (Vec<_>, Vec<_>) = held.iter().copied().unzip();
        query(EXTEND)
            .bind(event_ids)
            .bind(attempts)
            .bind((now + LEASE).as_millis())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(in super::super) async fn begin_replies(
        &self,
        begins: &[Begin],
    ) -> Result<Vec<bool>, sqlx::Error> {
        // Rows are locked in one order by all, so that none waits for the other in a circle.
        let mut sorted: Vec<_> = begins.iter().collect();
        sorted.sort_unstable_by_key(|begin| begin.event_id);
        let mut columns = PgArguments::default();
        add(&mut columns, sorted.iter().map(|begin| begin.event_id))?;
        add(&mut columns, sorted.iter().map(|begin| begin.attempt))?;
        add(
            &mut columns,
            sorted.iter().map(|begin| begin.now.as_millis()),
        )?;
        let begun = self.lanes.begins.array(BEGIN_REPLIES, columns).await?;
        Ok(owned(begins.iter().map(|begin| &begin.event_id), begun))
    }

    pub(in super::super) async fn finish(&self, ends: &[End]) -> Result<Vec<bool>, sqlx::Error> {
        let mut sorted: Vec<_> = ends.iter().collect();
        sorted.sort_unstable_by_key(|end| end.event_id);
        let outcomes = || sorted.iter().map(|end| &end.outcome);
        let mut columns = PgArguments::default();
        add(&mut columns, sorted.iter().map(|end| end.event_id))?;
        add(&mut columns, sorted.iter().map(|end| end.attempt))?;
        add(
            &mut columns,
            outcomes().map(|outcome| outcome.state.as_str()),
        )?;
        add(
            &mut columns,
            outcomes().map(|outcome| outcome.due_at.as_millis()),
        )?;
        add(
            &mut columns,
            outcomes().map(|outcome| outcome.reply.map(Answer::as_str)),
        )?;
        add(&mut columns, outcomes().map(|outcome| outcome.error))?;
        add(
            &mut columns,
            outcomes().map(|outcome| outcome.at.as_millis()),
        )?;
        let finished = self.lanes.ends.array(FINISH, columns).await?;
        Ok(owned(ends.iter().map(|end| &end.event_id), finished))
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
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(in super::super) async fn unsend(
        &self,
        claim: &Claim,
        message_id: &str,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.pool.begin().await?;
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
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
