use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use sqlx::{query, query_scalar};

use super::super::{Batch, NewEvent, new_ones};
use super::Sqlite;

const INSERT_QUARANTINE: &str = "
    insert into quarantine (channel, received_at, reason, raw, digest)
    values (?1, ?2, ?3, ?4, ?5)
    on conflict (channel, digest) do nothing";

/// Statements that insert as many events as each says, the longest first: few statements are few trips to SQLite's thread,
/// and a few lengths are always prepared.
static INSERTS: LazyLock<[(usize, String); 3]> =
    LazyLock::new(|| [64, 8, 1].map(|rows| (rows, insert_events(rows))));

fn insert_events(rows: usize) -> String {
    let values = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?)"; rows].join(", ");
    format!(
        "insert into event
            (channel, event_key, conversation, message_id, event_at, received_at, due_at, raw, state)
        values {values}
        on conflict (channel, event_key) do nothing
        returning event_key"
    )
}

impl Sqlite {
    /// Stores all requests of a group in one transaction.
    pub(in super::super) async fn accept(
        &self,
        batches: &[Batch],
    ) -> Result<Vec<Vec<bool>>, sqlx::Error> {
        let mut tx = self.writer.begin_with("begin immediate").await?;
        let events: Vec<_> = batches
            .iter()
            .flat_map(|batch| batch.events.iter().map(move |event| (batch, event)))
            .collect();
        let mut inserted = Vec::with_capacity(events.len());
        for (statement, chunk) in chunks(&events) {
            let mut insert = query_scalar(statement.as_str());
            for (batch, event) in chunk {
                insert = insert
                    .bind(batch.channel)
                    .bind(&event.key)
                    .bind(&event.conversation)
                    .bind(&event.message_id)
                    .bind(event.event_at.as_millis())
                    .bind(batch.received_at.as_millis())
                    .bind(batch.received_at.as_millis())
                    .bind(event.raw.as_ref())
                    .bind(event.state.as_str());
            }
            inserted.extend(insert.fetch_all(&mut *tx).await?);
        }
        for batch in batches {
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
        }
        tx.commit().await?;
        Ok(new_ones(batches, inserted))
    }
}

type Row<'a> = (&'a Batch, &'a NewEvent);

/// Cuts the rows into pieces that there are statements for.
fn chunks<'a, 'b>(mut rows: &'b [Row<'a>]) -> Vec<(&'static String, &'b [Row<'a>])> {
    let mut chunks = Vec::new();
    for (length, statement) in INSERTS.iter() {
        while rows.len() >= *length {
            let (chunk, rest) = rows.split_at(*length);
            chunks.push((statement, chunk));
            rows = rest;
        }
    }
    chunks
}
