use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// What becomes of events, counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    events: Family<Labels, Counter>,
    replies: Family<Labels, Counter>,
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

/// How a reply can end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReplyEnd {
    /// LINE took it.
    Accepted,
    /// LINE did not take it.
    Refused,
    /// LINE did not say.
    Unknown,
    /// Its token was too old to be used.
    TooLate,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    outcome: &'static str,
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
        self.events.get_or_create(&Labels { outcome }).inc();
    }

    pub(crate) fn count_reply(&self, end: ReplyEnd) {
        let outcome = match end {
            ReplyEnd::Accepted => "accepted",
            ReplyEnd::Refused => "refused",
            ReplyEnd::Unknown => "unknown",
            ReplyEnd::TooLate => "too-late",
        };
        self.replies.get_or_create(&Labels { outcome }).inc();
    }
}
