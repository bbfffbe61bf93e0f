//! Answers that are kept for whoever asks the same once more.

use std::sync::atomic::Ordering;

use serde::Serialize;
use service_kit::Timestamp;
use sqlx::SqliteConnection;

use super::SqliteStore;
use super::rows::{hex, rows};
use crate::idempotency::Asked;
use crate::store::registration::{ANSWER_LIFE, FORGET_ROWS, Group, KeptRow};

const RECALL: &str = "
    select caller, key_digest, request_digest, status, answer
    from json_each(?1) cross join idempotency
        on caller = unhex(value ->> 'caller') and key_digest = unhex(value ->> 'key')
    where created_at > ?2";

/// What has the same key is too old to be recalled.
const KEEP: &str = "
    insert into idempotency (caller, key_digest, request_digest, luid, status, answer, created_at)
    select
        unhex(value ->> 'caller'), unhex(value ->> 'key'), unhex(value ->> 'request'),
        value ->> 'luid', value ->> 'status', value ->> 'answer', value ->> 'now'
    from json_each(?1)
    where true
    on conflict (caller, key_digest) do update set
        request_digest = excluded.request_digest, luid = excluded.luid, status = excluded.status,
        answer = excluded.answer, created_at = excluded.created_at";

const FORGET: &str = "
    delete from idempotency where (caller, key_digest) in (
        select caller, key_digest from idempotency where created_at <= ? limit ?
    )";

/// Finds whom of the group was answered before.
pub(super) async fn recall(
    tx: &mut SqliteConnection,
    group: &mut Group,
) -> Result<(), sqlx::Error> {
    let keys = rows(group.asked().map(KeyRow::from));
    let (Some(now), Some(keys)) = (group.asked_at(), keys) else {
        return Ok(());
    };
    let found: Vec<KeptRow> = sqlx::query_as(RECALL)
        .bind(keys)
        .bind((now - ANSWER_LIFE).as_millis())
        .fetch_all(tx)
        .await?;
    let kept: Result<Vec<_>, _> = found.into_iter().map(KeptRow::kept).collect();
    group.recall(kept?);
    Ok(())
}

/// Keeps what the group came to.
pub(super) async fn keep(tx: &mut SqliteConnection, group: &Group) -> Result<(), sqlx::Error> {
    let answers = group.to_keep().map(|(asked, newcomer, outcome)| AnswerRow {
        key: KeyRow::from(asked),
        luid: newcomer.candidate.luid.as_str(),
        status: outcome.status(),
        answer: outcome.answer(),
        now: newcomer.now,
    });
    if let Some(answers) = rows(answers) {
        sqlx::query(KEEP).bind(answers).execute(tx).await?;
    }
    Ok(())
}

impl SqliteStore {
    /// Forgets what has been kept for long enough.
    pub(super) async fn forget_answers(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        loop {
            let forgotten = sqlx::query(FORGET)
                .bind((now - ANSWER_LIFE).as_millis())
                .bind(FORGET_ROWS)
                .execute(&self.writer)
                .await?
                .rows_affected();
            if forgotten > 0 {
                self.unscrubbed.store(true, Ordering::SeqCst);
            }
            if forgotten < u64::from(FORGET_ROWS) {
                return Ok(());
            }
        }
    }
}

#[derive(Serialize)]
struct KeyRow {
    caller: String,
    key: String,
    request: String,
}

impl From<&Asked> for KeyRow {
    fn from(asked: &Asked) -> Self {
        Self {
            caller: hex(&asked.caller),
            key: hex(&asked.key),
            request: hex(&asked.request),
        }
    }
}

#[derive(Serialize)]
struct AnswerRow<'a> {
    #[serde(flatten)]
    key: KeyRow,
    luid: &'a str,
    status: i32,
    answer: &'a str,
    now: Timestamp,
}
