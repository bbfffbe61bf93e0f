//! How long and how much: every limit of the webhook in one place.

use std::time::Duration;

/// The longest body taken; LINE documents none, and its own are far shorter.
pub(crate) const BODY_BYTES: usize = 1024 * 1024;

/// How long a body may take to arrive. LINE gives us two seconds for everything (d:partner-docs/development-guidelines).
pub(crate) const BODY_TIME: Duration = Duration::from_secs(1);

/// How many bytes of bodies are held at once, stored ones not counted. Whoever comes with more is sent away.
pub(crate) const BODIES_BYTES: usize = 16 * 1024 * 1024;

/// How many malformed events of one body are kept apart from each other.
pub(crate) const MALFORMED: usize = 1000;

/// Whoever would wait longer than this for the turn to be stored is sent away at once: what is stored after its answer was
/// given up helps nobody, and takes the turn of others.
pub(crate) const TURN_TIME: Duration = Duration::from_millis(300);

/// How long storing may take before LINE is told to come again.
pub(crate) const STORE_TIME: Duration = Duration::from_millis(900);

/// An event this old is stored and never acted on. Shorter than [`KEPT`], so that a captured request that is sent
/// again after its trace was pruned does nothing.
pub(crate) const STALE_AFTER: Duration = Duration::from_hours(3 * 24);

/// How long an event's key is remembered once it is finished.
pub(crate) const KEPT: Duration = Duration::from_hours(30 * 24);

/// How far LINE's clock may be ahead of ours before its time is not believed.
pub(crate) const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// How long an event that was taken up is nobody else's. Short, so that the people whose events a lost process held are
/// answered while their reply tokens live; whoever works on an event longer holds on to it every [`HEARTBEAT`].
pub(crate) const LEASE: Duration = Duration::from_secs(12);

/// For how long whoever took an event up need not ask whether it still owns it.
pub(crate) const FRESH: Duration = Duration::from_secs(1);

/// How often leases are extended.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(4);

/// Nothing is ever made to wait this long: what seems to was counted by a clock that was set back since.
pub(crate) const CLOCK_SET_BACK: Duration = Duration::from_mins(10);

/// How long one event may hold its conversation, and how long one attempt at it may take.
pub(crate) const HOLD: Duration = Duration::from_secs(10);

/// How long to wait after the first, second, … failed attempt. After the last one the event is parked.
pub(crate) const BACKOFF: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(5),
];

/// How many conversations are worked on at once.
pub(crate) const CONVERSATIONS: usize = 128;

/// How often the worker looks for work unasked: retries, and what another process left.
pub(crate) const POLL: Duration = Duration::from_secs(1);

/// How long to gather ends before the next claim: each may make the next event of its conversation due.
pub(crate) const BREATH: Duration = Duration::from_millis(2);

/// How long the end of an attempt waits for an event that comes, to share its commit; [`BREATH`] where something waits for it.
pub(crate) const COMPANY: Duration = Duration::from_millis(8);

/// How long attempts may go on after the signal to stop; an attempt is ended after [`HOLD`], and its end takes a moment more.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(14);

/// How often the backlog is counted for the metrics.
pub(crate) const COUNT_EVERY: Duration = Duration::from_secs(10);

/// How often finished events are pruned.
pub(crate) const PRUNE_EVERY: Duration = Duration::from_hours(1);

/// How often it is asked who was erased, and how often from the beginning of the feed; as many changes come at once.
pub(crate) const FEED_EVERY: Duration = Duration::from_secs(10);
pub(crate) const FEED_ANEW: Duration = Duration::from_hours(1);
pub(crate) const FEED_PAGE: u32 = 1000;

/// A reply token works for a minute from receipt (MA#send-reply-message); stop before.
pub(crate) const REPLY_WITHIN: Duration = Duration::from_secs(50);

/// The token of a redelivered event dies this long after the event.
pub(crate) const REDELIVERY_REPLY_WITHIN: Duration = Duration::from_mins(20);

/// How long LINE is asked for a person's language; it is only a courtesy.
pub(crate) const PROFILE_TIME: Duration = Duration::from_secs(1);

/// The first pause between two questions to api-users; it doubles.
pub(crate) const LOOK_UP_PAUSE: Duration = Duration::from_millis(100);
