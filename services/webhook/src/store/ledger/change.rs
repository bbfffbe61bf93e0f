use std::fmt::Write as _;

use service_kit::Timestamp;
use sqlx::{AssertSqlSafe, Connection as _, query_as, query_scalar};

use super::super::State;
use super::super::record::ROUND;
use super::Ledger;

/// What an operator does with an event that is parked, or pending and in nobody's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is due now, and has all its attempts anew.
    Retry,
    /// It is finished without action. Its key stays, so that a redelivery is not acted on either.
    Drop,
}

/// Why an event was left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Unknown,
    InFlight,
    Done,
    Stale,
}

/// Where databases say the same in different words.
struct Dialect {
    /// Begins a transaction that writes.
    begin: &'static str,
    /// Bytes of which there are none.
    no_bytes: &'static str,
    /// Passes over rows that somebody is changing, so that two who change many never wait for each other.
    skip_locked: &'static str,
}

const SQLITE: Dialect = Dialect {
    begin: "begin immediate",
    no_bytes: "x''",
    // There is one writer at a time.
    skip_locked: "",
};

const POSTGRES: Dialect = Dialect {
    begin: "begin",
    no_bytes: "''::bytea",
    skip_locked: "for update skip locked",
};

/// Parked events, the oldest first. An event that is parked anew meanwhile is not met twice.
const PARKED: &str = "
    select event_id from event
    where state = 'parked' and event_id > $1 and ($2 is null or last_error = $2)
    order by event_id limit $3";

const COUNT_PARKED: &str =
    "select count(*) from event where state = 'parked' and ($1 is null or last_error = $1)";

impl Change {
    fn assignments(self, dialect: &Dialect, now: i64) -> String {
        match self {
            // Attempts are the fence: one that still runs somewhere must not own the event again. A lease that was lost stays
            // known, for a reply may have been under way.
            Self::Retry => format!(
                "state = 'pending', attempt = (attempt / {ROUND} + 1) * {ROUND}, due_at = {now},
                lease_until = case when lease_until is not null then 0 end, held_until = null"
            ),
            Self::Drop => format!(
                "state = 'done', raw = {}, conversation = null, message_id = null, lease_until = null,
                last_error = 'dropped'",
                dialect.no_bytes
            ),
        }
    }
}

impl Ledger {
    /// Up to `limit` parked events with an ID above `above`, of all kinds of trouble or of one.
    pub(crate) async fn parked(
        &mut self,
        error: Option<&str>,
        above: i64,
        limit: i64,
    ) -> Result<Vec<i64>, sqlx::Error> {
        on_either!(self, connection => query_scalar(PARKED)
            .bind(above)
            .bind(error)
            .bind(limit)
            .fetch_all(connection)
            .await)
    }

    /// How many events are parked.
    pub(crate) async fn count_parked(&mut self, error: Option<&str>) -> Result<i64, sqlx::Error> {
        on_either!(self, connection => query_scalar(COUNT_PARKED)
            .bind(error)
            .fetch_one(connection)
            .await)
    }

    /// Changes these events in one transaction. Says of each that was left as it is, why.
    pub(crate) async fn change(
        &mut self,
        change: Change,
        event_ids: &[i64],
        now: Timestamp,
    ) -> Result<Vec<(i64, Refusal)>, sqlx::Error> {
        let dialect = match self {
            Self::Sqlite(_) => SQLITE,
            Self::Postgres(_) => POSTGRES,
        };
        let now = now.as_millis();
        let ids = list(event_ids);
        let assignments = change.assignments(&dialect, now);
        let skip_locked = dialect.skip_locked;
        let update = format!(
            "update event set {assignments}
            where event_id in (
                select event_id from event
                where event_id in ({ids}) and state in ('pending', 'parked') and coalesce(lease_until, 0) <= {now}
                {skip_locked})
            returning event_id"
        );
        let look = format!("select event_id, state from event where event_id in ({ids})");
        let (changed, states): (Vec<i64>, Vec<(i64, String)>) = on_either!(self, connection => {
            let mut tx = connection.begin_with(dialect.begin).await?;
            let changed = query_scalar(AssertSqlSafe(update)).fetch_all(&mut *tx).await?;
            let states = query_as(AssertSqlSafe(look)).fetch_all(&mut *tx).await?;
            tx.commit().await?;
            (changed, states)
        });
        let left = event_ids.iter().filter(|id| !changed.contains(id));
        Ok(left.map(|id| (*id, refusal(*id, &states))).collect())
    }
}

/// An event that could be changed, and was not, is in somebody's hands.
fn refusal(event_id: i64, states: &[(i64, String)]) -> Refusal {
    match states.iter().find(|(id, _)| *id == event_id) {
        None => Refusal::Unknown,
        Some((_, state)) if state == State::Done.as_str() => Refusal::Done,
        Some((_, state)) if state == State::Stale.as_str() => Refusal::Stale,
        Some(_) => Refusal::InFlight,
    }
}

/// The IDs as SQL: they are numbers.
fn list(event_ids: &[i64]) -> String {
    let mut list = String::from("null");
    for id in event_ids {
        let _ = write!(list, ", {id}");
    }
    list
}
