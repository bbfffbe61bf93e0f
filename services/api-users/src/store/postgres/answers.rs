//! Answers that are kept for whoever asks the same once more.

use std::collections::HashSet;

use service_kit::Timestamp;
use sqlx::PgConnection;
use sqlx::postgres::PgArguments;

use super::lease::number;
use super::registration::add;
use super::{Lease, PostgresStore};
use crate::idempotency::Asked;
use crate::store::registration::{
    ANSWER_LIFE, FORGET_ROWS, Group, Kept, KeptRow, Newcomer, Outcome,
};

const RECALL: &str = "
    select caller, key_digest, request_digest, status, answer
    from unnest($1::bytea[], $2::bytea[]) as asked (caller, key_digest)
    join idempotency using (caller, key_digest)
    where created_at > $3";

/// What has the same key is too old to be recalled.
const KEEP: &str = "
    insert into idempotency (caller, key_digest, request_digest, luid, status, answer, created_at)
    select * from unnest(
        $1::bytea[], $2::bytea[], $3::bytea[], $4::text[], $5::integer[], $6::text[], $7::bigint[]
    )
    on conflict (caller, key_digest) do update set
        request_digest = excluded.request_digest, luid = excluded.luid, status = excluded.status,
        answer = excluded.answer, created_at = excluded.created_at";

/// Waits for nobody, as the deletion of old tombstones.
const FORGET: &str = "
    delete from idempotency where (caller, key_digest) in (
        select caller, key_digest from idempotency where created_at <= $1 limit $2 for update skip locked
    )";

/// Begins a transaction, and finds whom of the group was answered before, or is being answered elsewhere. A key is
/// held before what was kept with it is read, so that nobody else can be about to keep something.
pub(super) async fn recall(tx: &mut Lease, group: &mut Group) -> Result<(), sqlx::Error> {
    let numbers: Vec<i32> = group.asked().map(lock_number).collect();
    let held = tx.begin_with_keys(numbers.iter().copied()).await?;
    let in_use: HashSet<i32> = numbers
        .into_iter()
        .zip(held)
        .filter_map(|(number, is_held)| (!is_held).then_some(number))
        .collect();
    group.give_way(|asked| in_use.contains(&lock_number(asked)));
    let Some(now) = group.asked_at() else {
        return Ok(());
    };
    let asked: Vec<&Asked> = group.asked().collect();
    let mut columns = PgArguments::default();
    add(&mut columns, &asked, |asked| asked.caller.as_slice())?;
    add(&mut columns, &asked, |asked| asked.key.as_slice())?;
    let found: Vec<KeptRow> = sqlx::query_as_with(RECALL, columns)
        .bind((now - ANSWER_LIFE).as_millis())
        .fetch_all(&mut **tx)
        .await?;
    let kept: Result<Vec<Kept>, _> = found.into_iter().map(KeptRow::kept).collect();
    group.recall(kept?);
    Ok(())
}

/// Callers choose their keys on their own: the same key of two of them is two.
fn lock_number(asked: &Asked) -> i32 {
    number(&asked.caller) ^ number(&asked.key)
}

/// Keeps what the group came to.
pub(super) async fn keep(tx: &mut PgConnection, group: &Group) -> Result<(), sqlx::Error> {
    let answers: Vec<(&Asked, &Newcomer, &Outcome)> = group.to_keep().collect();
    if answers.is_empty() {
        return Ok(());
    }
    let mut columns = PgArguments::default();
    add(&mut columns, &answers, |(asked, ..)| {
        asked.caller.as_slice()
    })?;
    add(&mut columns, &answers, |(asked, ..)| asked.key.as_slice())?;
    add(&mut columns, &answers, |(asked, ..)| {
        asked.request.as_slice()
    })?;
    add(&mut columns, &answers, |(_, one, _)| {
        one.candidate.luid.as_str()
    })?;
    add(&mut columns, &answers, |(.., outcome)| outcome.status())?;
    add(&mut columns, &answers, |(.., outcome)| outcome.answer())?;
    add(&mut columns, &answers, |(_, one, _)| one.now.as_millis())?;
    sqlx::query_with(KEEP, columns).execute(tx).await.map(drop)
}

impl PostgresStore {
    /// Forgets what has been kept for long enough.
    pub(super) async fn forget_answers(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        loop {
            let mut lease = self.read().await?;
            let forgotten = sqlx::query(FORGET)
                .bind((now - ANSWER_LIFE).as_millis())
                .bind(i64::from(FORGET_ROWS))
                .execute(&mut *lease)
                .await?
                .rows_affected();
            lease.release();
            if forgotten < u64::from(FORGET_ROWS) {
                return Ok(());
            }
        }
    }
}
