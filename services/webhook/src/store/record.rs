use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use service_kit::Timestamp;
use sqlx::FromRow;

use crate::callback::Held;
use crate::limits::{FRESH, LEASE};

/// What one request brings, stored in one transaction.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) channel: &'static str,
    pub(crate) received_at: Timestamp,
    pub(crate) events: Vec<NewEvent>,
    pub(crate) quarantined: Vec<Quarantined>,
    /// The room that its bytes take.
    pub(crate) held: Held,
}

/// An event as it is stored first.
#[derive(Debug)]
pub(crate) struct NewEvent {
    pub(crate) key: String,
    pub(crate) conversation: Option<String>,
    /// LINE's ID of the message that it brings.
    pub(crate) message_id: Option<String>,
    pub(crate) event_at: Timestamp,
    pub(crate) raw: Bytes,
    /// Pending or stale.
    pub(crate) state: State,
    /// Of a type that nobody here knows: stored, counted and left alone.
    pub(crate) unknown: bool,
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.quarantined.is_empty()
    }
}

/// Signed bytes that are no event.
#[derive(Debug)]
pub(crate) struct Quarantined {
    pub(crate) reason: Reason,
    pub(crate) raw: Bytes,
}

impl Quarantined {
    /// What the same bytes are known by when they come again.
    pub(crate) fn digest(&self) -> Vec<u8> {
        digest(&SHA256, &self.raw).as_ref().to_vec()
    }
}

/// Why bytes were kept aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Not JSON, or without a list of events.
    NotADelivery,
    /// For another bot: a matter of configuration.
    OtherDestination,
    /// One event of a delivery that means nothing.
    MalformedEvent,
}

impl Reason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NotADelivery => "not-a-delivery",
            Self::OtherDestination => "other-destination",
            Self::MalformedEvent => "malformed-event",
        }
    }
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// To be acted on.
    Pending,
    /// Acted on.
    Done,
    /// Too old when it came.
    Stale,
    /// Given up.
    Parked,
}

impl State {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Stale => "stale",
            Self::Parked => "parked",
        }
    }
}

/// An operator's retry begins a new round of attempts. Their numbers go on rising, for they are the fence; failures are
/// counted anew.
pub(super) const ROUND: i64 = 1_000_000;

/// An event that was taken up, and the attempt that owns it.
#[derive(FromRow)]
pub(crate) struct Claim {
    pub(crate) event_id: i64,
    /// From 1. Also the fence: whoever finishes must still have the latest.
    pub(crate) attempt: i64,
    pub(crate) channel: String,
    #[sqlx(rename = "event_key")]
    pub(crate) key: String,
    pub(crate) conversation: Option<String>,
    #[sqlx(try_from = "i64")]
    pub(crate) event_at: Timestamp,
    #[sqlx(try_from = "i64")]
    pub(crate) received_at: Timestamp,
    /// Until when it is nobody else's, unless that is extended.
    #[sqlx(try_from = "i64")]
    pub(crate) lease_until: Timestamp,
    pub(crate) raw: Vec<u8>,
    /// What went wrong in the attempt that ended last.
    pub(crate) last_error: Option<String>,
    /// What is known of a reply that an earlier attempt began, or may have begun before it was lost.
    #[sqlx(rename = "reply", try_from = "Option<String>")]
    pub(crate) replied: Replied,
    /// Whether the message that it brings was taken back.
    pub(crate) unsent: bool,
}

/// How far earlier attempts came with a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replied {
    /// None tried.
    No,
    /// One tried, and nobody knows what LINE did.
    Perhaps,
    /// LINE answered. Then there is never another.
    Answered,
}

/// As the `reply` column says it.
impl From<Option<String>> for Replied {
    fn from(reply: Option<String>) -> Self {
        match reply.as_deref() {
            None => Self::No,
            Some("sending") => Self::Perhaps,
            Some(_) => Self::Answered,
        }
    }
}

impl Claim {
    /// How many attempts of this round went before this one.
    pub(crate) fn failures(&self) -> usize {
        usize::try_from((self.attempt % ROUND).saturating_sub(1)).unwrap_or_default()
    }

    /// Whether it was taken up only just now, so that nobody else can have it yet.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        // Not if the clock was set back, either.
        let leased = now + LEASE;
        self.lease_until <= leased && leased < self.lease_until + FRESH
    }
}

/// What LINE answered to a reply, or to what was pushed in its stead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It took it.
    Accepted,
    /// It did not, and will not.
    Refused,
    /// Nobody knows.
    Unknown,
}

impl Answer {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unknown => "sending",
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) at: Timestamp,
    /// Pending means: again at `due_at`.
    pub(crate) state: State,
    pub(crate) due_at: Timestamp,
    /// What LINE answered in this attempt, if it was asked.
    pub(crate) reply: Option<Answer>,
    /// The kind of what went wrong.
    pub(crate) error: Option<&'static str>,
}

/// How much is left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backlog {
    pub(crate) pending: i64,
    pub(crate) parked: i64,
    /// When the oldest of the pending came.
    pub(crate) oldest: Option<Timestamp>,
}
