use std::time::Duration;

use service_kit::Timestamp;
use sqlx::{AssertSqlSafe, query_as};

use super::{Entry, Kept, Ledger};

/// How many rows are read at once; each may be as long as a body.
pub(crate) const PAGE: usize = 100;

/// A pending event that has waited this long is stuck.
const STUCK_AFTER: Duration = Duration::from_mins(1);

const ENTRIES: &str = "
    select event_id, channel, event_key, message_id, event_at, received_at, raw, state, attempt, due_at, lease_until,
        last_error, reply, reply_attempted_at
    from event";

const KEPT: &str = "select quarantine_id, channel, received_at, reason, raw from quarantine";

/// Events by where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Selection {
    /// What needs a look: parked, or pending and stuck.
    #[default]
    Open,
    Pending,
    Parked,
    Stale,
    Done,
    All,
}

/// Which events an operator asks for.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    pub(crate) selection: Selection,
    /// Received at or after this.
    pub(crate) since: Timestamp,
    /// The kind of what went wrong last.
    pub(crate) error: Option<String>,
    /// LINE's ID of the group, the room or the person.
    pub(crate) conversation: Option<String>,
}

impl Selection {
    /// The condition in SQL. The states are literals, so that the partial indexes serve.
    fn condition(self, now: Timestamp) -> String {
        let state = match self {
            Self::All => return "1 = 1".into(),
            Self::Open => return open(now),
            Self::Pending => "pending",
            Self::Parked => "parked",
            Self::Stale => "stale",
            Self::Done => "done",
        };
        format!("state = '{state}'")
    }
}

/// An event in its first attempt is no cause for worry before it has waited too long.
fn open(now: Timestamp) -> String {
    let stuck_before = (now - STUCK_AFTER).as_millis();
    let now = now.as_millis();
    format!(
        "event_id in (
            select event_id from event where state = 'parked'
            union all
            select event_id from event
            where state = 'pending'
              and (received_at <= {stuck_before} or attempt > 1 or (attempt = 1 and coalesce(lease_until, 0) <= {now})))"
    )
}

impl Ledger {
    /// Up to [`PAGE`] events with an ID below `below`, the newest first.
    pub(crate) async fn page(
        &mut self,
        filter: &Filter,
        below: i64,
        now: Timestamp,
    ) -> Result<Vec<Entry>, sqlx::Error> {
        let condition = filter.selection.condition(now);
        let sql = format!(
            "{ENTRIES}
            where {condition} and event_id < $1 and received_at >= $2
              and ($3 is null or last_error = $3) and ($4 is null or conversation = $4)
            order by event_id desc limit {PAGE}"
        );
        on_either!(self, connection => query_as(AssertSqlSafe(sql))
            .bind(below)
            .bind(filter.since.as_millis())
            .bind(&filter.error)
            .bind(&filter.conversation)
            .fetch_all(connection)
            .await)
    }

    /// The event with this ID.
    pub(crate) async fn find(&mut self, event_id: i64) -> Result<Option<Entry>, sqlx::Error> {
        let sql = format!("{ENTRIES} where event_id = $1");
        on_either!(self, connection => query_as(AssertSqlSafe(sql))
            .bind(event_id)
            .fetch_optional(connection)
            .await)
    }

    /// Up to [`PAGE`] of the bytes that were kept aside, with an ID below `below`, the newest first.
    pub(crate) async fn kept_page(
        &mut self,
        since: Timestamp,
        below: i64,
    ) -> Result<Vec<Kept>, sqlx::Error> {
        let sql = format!(
            "{KEPT} where quarantine_id < $1 and received_at >= $2 order by quarantine_id desc limit {PAGE}"
        );
        on_either!(self, connection => query_as(AssertSqlSafe(sql))
            .bind(below)
            .bind(since.as_millis())
            .fetch_all(connection)
            .await)
    }

    /// The bytes that were kept aside under this ID.
    pub(crate) async fn find_kept(
        &mut self,
        quarantine_id: i64,
    ) -> Result<Option<Kept>, sqlx::Error> {
        let sql = format!("{KEPT} where quarantine_id = $1");
        on_either!(self, connection => query_as(AssertSqlSafe(sql))
            .bind(quarantine_id)
            .fetch_optional(connection)
            .await)
    }
}
