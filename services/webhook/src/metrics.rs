use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use service_kit::Timestamp;

use crate::store::{Backlog, NewEvent, State};

/// In seconds: from what nobody notices to the end of a reply token's life.
const BUCKETS: [f64; 10] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0];

/// What becomes of events, counted.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    events: Family<Outcome, Counter>,
    replies: Family<Outcome, Counter>,
    lag: Histogram,
    answered: Histogram,
    backlog: Family<Standing, Gauge>,
    oldest: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            events: Family::default(),
            replies: Family::default(),
            lag: Histogram::new(BUCKETS),
            answered: Histogram::new(BUCKETS),
            backlog: Family::default(),
            oldest: Gauge::default(),
        }
    }
}

/// What can become of an event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Happening {
    /// Stored, to be acted on.
    Received,
    /// Stored; nobody here knows its type.
    Unknown,
    /// Stored; too old to be acted on.
    Stale,
    /// Stored before.
    Duplicate,
    /// No event, or not ours: kept aside.
    Quarantined,
    /// Acted on.
    Done,
    /// To be tried again.
    Retried,
    /// Given up.
    Parked,
}

impl Happening {
    /// What a new event is, once it is stored.
    pub(crate) fn of(event: &NewEvent) -> Self {
        match event.state {
            State::Stale => Self::Stale,
            _ if event.unknown => Self::Unknown,
            _ => Self::Received,
        }
    }
}

/// How a reply can end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReplyEnd {
    /// LINE took it.
    Accepted,
    /// LINE did not take it.
    Refused,
    /// LINE knows its token as used, most likely by an earlier attempt that it did not answer.
    Spent,
    /// Its token came too late, and it was pushed instead.
    Pushed,
    /// LINE did not say.
    Unknown,
    /// Its token was too old to be used.
    TooLate,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Standing {
    state: &'static str,
}

impl Metrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "webhook_events",
            "What became of events",
            self.events.clone(),
        );
        registry.register(
            "webhook_replies",
            "What became of replies",
            self.replies.clone(),
        );
        registry.register_with_unit(
            "webhook_lag",
            "Time from an event's receipt until it is taken up first",
            Unit::Seconds,
            self.lag.clone(),
        );
        registry.register_with_unit(
            "webhook_answered",
            "Time from an event's receipt until LINE has taken its reply",
            Unit::Seconds,
            self.answered.clone(),
        );
        registry.register(
            "webhook_backlog",
            "Events that are still to be done, or were given up",
            self.backlog.clone(),
        );
        registry.register_with_unit(
            "webhook_oldest_pending",
            "How long ago the oldest pending event came",
            Unit::Seconds,
            self.oldest.clone(),
        );
    }

    /// An event that came then is taken up now, for the first time.
    pub(crate) fn taken_up(&self, received_at: Timestamp, now: Timestamp) {
        self.lag.observe(now.since(received_at).as_secs_f64());
    }

    /// An event that came then is answered now.
    pub(crate) fn answered(&self, received_at: Timestamp, now: Timestamp) {
        self.answered.observe(now.since(received_at).as_secs_f64());
    }

    /// So much is left to do.
    pub(crate) fn backlog(&self, backlog: &Backlog, now: Timestamp) {
        let of = |state| self.backlog.get_or_create(&Standing { state }).clone();
        of("pending").set(backlog.pending);
        of("parked").set(backlog.parked);
        let oldest = backlog.oldest.map(|oldest| now.since(oldest).as_secs());
        self.oldest
            .set(i64::try_from(oldest.unwrap_or_default()).unwrap_or(i64::MAX));
    }

    pub(crate) fn count(&self, happening: Happening) {
        let outcome = match happening {
            Happening::Received => "received",
            Happening::Unknown => "unknown",
            Happening::Stale => "stale",
            Happening::Duplicate => "duplicate",
            Happening::Quarantined => "quarantined",
            Happening::Done => "done",
            Happening::Retried => "retried",
            Happening::Parked => "parked",
        };
        self.events.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn count_reply(&self, end: ReplyEnd) {
        let outcome = match end {
            ReplyEnd::Accepted => "accepted",
            ReplyEnd::Refused => "refused",
            ReplyEnd::Spent => "spent",
            ReplyEnd::Pushed => "pushed",
            ReplyEnd::Unknown => "unknown",
            ReplyEnd::TooLate => "too-late",
        };
        self.replies.get_or_create(&Outcome { outcome }).inc();
    }
}
