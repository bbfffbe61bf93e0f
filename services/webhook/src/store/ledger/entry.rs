use std::str::FromStr;

use sqlx::FromRow;

use super::super::State;
use super::super::record::ROUND;

/// An event with all that is known of it. Times are Unix milliseconds.
#[derive(FromRow)]
pub(crate) struct Entry {
    pub(crate) event_id: i64,
    pub(crate) channel: String,
    pub(crate) event_key: String,
    pub(crate) message_id: Option<String>,
    pub(crate) event_at: i64,
    pub(crate) received_at: i64,
    /// As LINE wrote it; empty once it is done.
    pub(crate) raw: Vec<u8>,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    attempt: i64,
    pub(crate) due_at: i64,
    lease_until: Option<i64>,
    pub(crate) last_error: Option<String>,
    pub(crate) reply: Option<String>,
    pub(crate) reply_attempted_at: Option<i64>,
}

/// Signed bytes that are no event.
#[derive(FromRow)]
pub(crate) struct Kept {
    pub(crate) quarantine_id: i64,
    pub(crate) channel: String,
    pub(crate) received_at: i64,
    pub(crate) reason: String,
    pub(crate) raw: Vec<u8>,
}

impl Entry {
    /// How often it was taken up since it came, or since an operator had it tried again.
    pub(crate) fn attempts(&self) -> i64 {
        self.attempt % ROUND
    }

    /// How often an operator had it tried again.
    pub(crate) fn retries(&self) -> i64 {
        self.attempt / ROUND
    }

    /// Whether somebody works on it at `now`.
    pub(crate) fn in_flight(&self, now: i64) -> bool {
        self.state == State::Pending && self.lease_until.is_some_and(|until| until > now)
    }
}

/// The database holds a state that this program does not know.
#[derive(Debug, thiserror::Error)]
#[error("no such state")]
pub(crate) struct NoSuchState;

impl FromStr for State {
    type Err = NoSuchState;

    fn from_str(text: &str) -> Result<Self, NoSuchState> {
        [Self::Pending, Self::Done, Self::Stale, Self::Parked]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(NoSuchState)
    }
}

impl TryFrom<String> for State {
    type Error = NoSuchState;

    fn try_from(text: String) -> Result<Self, NoSuchState> {
        text.parse()
    }
}
