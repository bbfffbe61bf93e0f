use std::fmt;

use service_kit::Timestamp;

use crate::store::OccurrenceState;

/// Why a run stops sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Halt {
    /// LINE says that the month's quota is used up, until then at least.
    NoQuota(Timestamp),
    /// The quota does not reach for everybody, so nobody is begun with.
    ShortOf {
        left: i64,
        need: i64,
        until: Timestamp,
    },
    /// It waits until then, as an earlier run found.
    Held(Timestamp, String),
    /// LINE takes nothing from this channel.
    NoEntry(String),
    /// LINE refuses the messages.
    Refused(String),
    /// LINE refuses batch after batch of one occurrence.
    Refusing,
    /// LINE fails again and again.
    Failing,
    /// The members' API does not say who may still be written to.
    Unchecked,
    /// An operator paused or cancelled it.
    Operator,
    /// The process stops.
    Stopping,
}

impl Halt {
    /// How an occurrence waits that was stopped by this, and until when.
    pub(crate) fn state(&self) -> Option<(OccurrenceState, Option<Timestamp>)> {
        match self {
            Self::NoQuota(until) | Self::ShortOf { until, .. } => {
                Some((OccurrenceState::PausedQuota, Some(*until)))
            }
            Self::NoEntry(_) => Some((OccurrenceState::PausedAuth, None)),
            _ => None,
        }
    }

    /// Whether other occurrences may go on.
    pub(crate) fn is_of_one(&self) -> bool {
        matches!(
            self,
            Self::ShortOf { .. }
                | Self::Held(..)
                | Self::Refused(_)
                | Self::Refusing
                | Self::Operator
        )
    }
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoQuota(_) => f.write_str("paused: the month's quota is used up"),
            Self::ShortOf { left, need, .. } => write!(
                f,
                "paused: the month's quota has {left} messages left and {need} are needed"
            ),
            Self::Held(_, reason) | Self::Refused(reason) => f.write_str(reason),
            Self::NoEntry(reason) => write!(f, "paused: {reason}"),
            Self::Refusing => f.write_str("LINE refuses batch after batch"),
            Self::Failing => f.write_str("LINE fails; the next run goes on"),
            Self::Unchecked => f.write_str(
                "the members' API does not say who may still be written to; the next run goes on",
            ),
            Self::Operator => f.write_str("an operator stopped it"),
            Self::Stopping => f.write_str("stopped; the next run goes on"),
        }
    }
}
