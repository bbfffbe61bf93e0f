use std::sync::LazyLock;

use service_kit::Timestamp;
use service_kit::database::ManyRows;
use sqlx::sqlite::SqliteConnection;
use sqlx::{FromRow, query};

use super::super::at_once::{New, Stored, first_of_each};
use super::super::rows::Row;
use super::accept::{MOST, bind};
use crate::limits::{HOLD, LEASE};

/// Each is taken up whose lease is given, unless another of its conversation stands in line.
static INSERT: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(MOST, 10, |rows| {
        format!(
            "with new as materialized (
                select *, column9 is not null and not exists (
                    select 1 from event other
                    where other.channel = column1 and other.conversation = column3
                      and other.state = 'pending' and other.in_line = 1) as mine
                from (values {rows})
                where column1 is not null)
            insert into event
                (channel, event_key, conversation, message_id, event_at, received_at, raw, state, in_line,
                attempt, due_at, lease_until, held_until)
            select column1, column2, column3, column4, column5, column6, column7, column8, 1,
                mine, iif(mine, column9, column6), iif(mine, column9, null), iif(mine, column10, null)
            from new
            where true
            on conflict (channel, event_key) do nothing
            returning event_id, event_key, attempt,
                exists (
                    select 1 from unsent
                    where unsent.channel = event.channel and unsent.message_id = event.message_id) as unsent"
        )
    })
});

/// Inserts events, each into the line of its conversation, and takes up those that are the first there.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    rows: &[Row<'_>],
    now: Timestamp,
) -> Result<Stored, sqlx::Error> {
    let (lease_until, held_until) = (now + LEASE, now + HOLD);
    let first = first_of_each(rows);
    let mut new = Vec::with_capacity(rows.len());
    let mut firsts = first.iter();
    for (statement, rows) in INSERT.chunks(rows) {
        let mut insert = query(statement);
        for row in rows {
            let is_first = firsts.next().is_some_and(|first| *first);
            insert = bind(insert, row)
                .bind(is_first.then(|| lease_until.as_millis()))
                .bind(is_first.then(|| held_until.as_millis()));
        }
        for row in insert.fetch_all(&mut *connection).await? {
            new.push(New::from_row(&row)?);
        }
    }
    Ok(Stored::and_taken_up(rows, new, lease_until))
}
