use std::sync::LazyLock;
use std::sync::atomic::Ordering;

use service_kit::database::ManyRows;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Connection as _, query, query_scalar};

use super::super::claims::FIRST_LOOK;
use super::super::company::{Done, Sought};
use super::super::rows::{Row, aside, by_batch, new_ones, rows};
use super::super::{Batch, End, Place};
use super::work::{finish, line_up, take_up};
use super::{Sqlite, at_once};

/// The most events that one statement inserts.
pub(super) const MOST: usize = 512;

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
    /// Stores all requests of a group, records ends and takes up what is sought, in one transaction.
    pub(in super::super) async fn accept(
        &self,
        batches: &[Batch],
        ends: &[End],
        sought: Option<Sought>,
    ) -> Result<Done, sqlx::Error> {
        let rows = rows(batches);
        let aside = aside(batches);
        let mut done = Done {
            new: by_batch(batches, Vec::new()),
            ..Done::default()
        };
        let is_nothing_new = rows.is_empty() && aside.is_empty();
        if is_nothing_new && ends.is_empty() && sought.is_none() {
            return Ok(done);
        }
        let mut writer = self.writer.next_turn().await?;
        // A statement of its own is a transaction of its own, and saves two trips.
        if is_nothing_new && sought.is_none() {
            done.finished = finish(&mut writer, ends).await?;
            return Ok(done);
        }
        // What is not lined up yet may have to stand before whatever comes.
        let was_lined_up = self.lined_up.swap(false, Ordering::Relaxed);
        if ends.is_empty() && sought.is_none() && aside.is_empty() && rows.len() <= MOST {
            done.new = by_batch(batches, insert(&mut writer, &rows).await?);
            return Ok(done);
        }
        let mut tx = writer.begin_with("begin immediate").await?;
        if !ends.is_empty() {
            done.finished = finish(&mut tx, ends).await?;
        }
        let mut lined_up = was_lined_up && rows.is_empty();
        let mut left = sought;
        let new = match sought {
            Some(sought) if was_lined_up && sought.is_for_all_of(rows.len()) => {
                lined_up = true;
                let stored = at_once::insert(&mut tx, &rows, sought.now).await?;
                left = stored
                    .is_some_left
                    .then(|| sought.after(stored.claims.len()));
                done.claims = stored.claims;
                stored.new
            }
            _ => insert(&mut tx, &rows).await?,
        };
        done.new = by_batch(batches, new);
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
        if let Some(Sought { now, limit, .. }) = left.filter(|left| left.limit > 0) {
            lined_up = lined_up || line_up(&mut tx, limit).await?;
            let look = FIRST_LOOK * limit;
            done.claims
                .extend(take_up(&mut tx, now, limit, Place::START, look).await?);
        }
        tx.commit().await?;
        self.lined_up.store(lined_up, Ordering::Relaxed);
        Ok(done)
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
        for row in rows {
            insert = bind(insert, row);
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

/// Binds an event's eight columns.
pub(super) fn bind<'q>(
    insert: Query<'q, sqlx::Sqlite, SqliteArguments>,
    (batch, event): &Row<'q>,
) -> Query<'q, sqlx::Sqlite, SqliteArguments> {
    insert
        .bind(batch.channel)
        .bind(event.key.as_str())
        .bind(event.conversation.as_deref())
        .bind(event.message_id.as_deref())
        .bind(event.event_at.as_millis())
        .bind(batch.received_at.as_millis())
        .bind(event.raw.as_ref())
        .bind(event.state.as_str())
}
