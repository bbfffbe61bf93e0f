use std::collections::BTreeMap;
use std::sync::LazyLock;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, query, query_scalar};

use super::super::Batch;
use super::super::rows::{Row, aside, by_batch, new_ones, rows};
use super::Sqlite;

/// The most events that one statement inserts.
const MOST: usize = 512;

/// Statements that insert as many events as each key says, or fewer: every statement is a trip to SQLite's thread and
/// back, so that a group is one wherever it can be, and a few lengths are always prepared.
static INSERTS: LazyLock<BTreeMap<usize, String>> = LazyLock::new(|| {
    let powers = (0..=MOST.ilog2()).map(|exponent| 1_usize << exponent);
    powers.map(|rows| (rows, insert_events(rows))).collect()
});

fn insert_events(rows: usize) -> String {
    let values = vec!["(?, ?, ?, ?, ?, ?, ?, ?)"; rows].join(", ");
    format!(
        "insert into event
            (channel, event_key, conversation, message_id, event_at, received_at, due_at, raw, state)
        select column1, column2, column3, column4, column5, column6, column6, column7, column8
        from (values {values})
        where column1 is not null
        on conflict (channel, event_key) do nothing"
    )
}

/// The events that the last statement inserted: one writer counts them up without a gap.
const INSERTED: &str = "select event_key from event where event_id > ?1 - ?2 and event_id <= ?1";

const INSERT_QUARANTINE: &str = "
    insert into quarantine (channel, received_at, reason, raw, digest)
    values (?1, ?2, ?3, ?4, ?5)
    on conflict (channel, digest) do nothing";

impl Sqlite {
    /// Stores all requests of a group in one transaction.
    pub(in super::super) async fn accept(
        &self,
        batches: &[Batch],
    ) -> Result<Vec<Vec<bool>>, sqlx::Error> {
        let rows = rows(batches);
        let aside = aside(batches);
        let mut writer = self.writer.next_turn().await?;
        if rows.len() <= MOST && aside.is_empty() {
            // A statement of its own is a transaction of its own, and saves two trips.
            return Ok(by_batch(batches, insert(&mut writer, &rows).await?));
        }
        let mut tx = writer.begin_with("begin immediate").await?;
        let mut new = Vec::with_capacity(rows.len());
        for rows in rows.chunks(MOST) {
            new.extend(insert(&mut tx, rows).await?);
        }
        for (batch, kept) in aside {
            query(INSERT_QUARANTINE)
                .bind(batch.channel)
                .bind(batch.received_at.as_millis())
                .bind(kept.reason.as_str())
                .bind(kept.raw.as_ref())
                .bind(kept.digest())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(by_batch(batches, new))
    }
}

/// Inserts [`MOST`] events at most. Says of each whether it is new.
async fn insert(
    connection: &mut SqliteConnection,
    rows: &[Row<'_>],
) -> Result<Vec<bool>, sqlx::Error> {
    let Some((_, statement)) = INSERTS.range(rows.len()..).next() else {
        return Err(sqlx::Error::Protocol(
            "too many events for a statement".into(),
        ));
    };
    // What is not bound is null, and a row that is null is none.
    let mut insert = query(statement.as_str());
    for (batch, event) in rows {
        insert = insert
            .bind(batch.channel)
            .bind(event.key.as_str())
            .bind(event.conversation.as_deref())
            .bind(event.message_id.as_deref())
            .bind(event.event_at.as_millis())
            .bind(batch.received_at.as_millis())
            .bind(event.raw.as_ref())
            .bind(event.state.as_str());
    }
    let done = insert.execute(&mut *connection).await?;
    if usize::try_from(done.rows_affected()) == Ok(rows.len()) {
        return Ok(vec![true; rows.len()]);
    }
    let inserted = query_scalar(INSERTED)
        .bind(done.last_insert_rowid())
        .bind(i64::try_from(done.rows_affected()).unwrap_or(0))
        .fetch_all(connection)
        .await?;
    Ok(new_ones(rows, inserted))
}
