use std::sync::LazyLock;

use service_kit::database::ManyRows;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, query, query_scalar};

use super::super::Batch;
use super::super::rows::{Row, aside, by_batch, new_ones, rows};
use super::Sqlite;

/// The most events that one statement inserts.
const MOST: usize = 512;

static INSERT: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(MOST, 8, |rows| {
        format!(
            "insert into event
                (channel, event_key, conversation, message_id, event_at, received_at, due_at, raw, state)
            select column1, column2, column3, column4, column5, column6, column6, column7, column8
            from (values {rows})
            where column1 is not null
            on conflict (channel, event_key) do nothing"
        )
    })
});

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
        let new = insert(&mut tx, &rows).await?;
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

/// Inserts events. Says of each whether it is new.
async fn insert(
    connection: &mut SqliteConnection,
    rows: &[Row<'_>],
) -> Result<Vec<bool>, sqlx::Error> {
    let mut new = Vec::with_capacity(rows.len());
    for (statement, rows) in INSERT.chunks(rows) {
        let mut insert = query(statement);
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
            new.resize(new.len() + rows.len(), true);
            continue;
        }
        let inserted = query_scalar(INSERTED)
            .bind(done.last_insert_rowid())
            .bind(i64::try_from(done.rows_affected()).unwrap_or(0))
            .fetch_all(&mut *connection)
            .await?;
        new.extend(new_ones(rows, inserted));
    }
    Ok(new)
}
