//! What LINE's answer to a send means. Pure: a table test covers it.

use line_api::messaging::{self, Accepted, Error};

use crate::store::BatchState;

/// What an answer says about the batch and about what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// LINE took it on, now or (409) at an earlier attempt.
    Accepted,
    /// Nobody knows whether LINE took it on: the same bytes and key again.
    Unknown,
    /// LINE did not take it on and may yet: the same again, later.
    NotNow,
    /// LINE will not take on what this batch holds.
    Refused(Refusal),
    /// The month's quota is used up.
    NoQuota,
    /// LINE does not take anything from this channel as it is set up.
    NoEntry(String),
}

/// Why LINE will not take it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) reason: String,
    pub(crate) blames: Blame,
}

/// What LINE does not like about a request. A hint only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// The recipient at this place.
    Recipient(usize),
    /// The messages: nobody can get them.
    Messages,
    /// It does not say.
    Unknown,
}

impl Refusal {
    fn new(error: &Error, refusal: &messaging::Refusal) -> Self {
        let names_messages = refusal
            .details
            .iter()
            .map(|detail| detail.property.as_str())
            .chain([refusal.message.as_str()])
            .any(|text| text.contains("messages["));
        Self {
            code: refusal.status.as_u16(),
            reason: error.to_string(),
            blames: match refusal.recipient() {
                Some(place) => Blame::Recipient(place),
                None if names_messages || refusal.status != 400 => Blame::Messages,
                None => Blame::Unknown,
            },
        }
    }
}

impl Verdict {
    /// Decides by the status; LINE does not promise its texts.
    pub(crate) fn of(answer: &Result<Accepted, Error>) -> Self {
        let Err(error) = answer else {
            return Self::Accepted;
        };
        match error {
            Error::MonthlyLimit(_) => Self::NoQuota,
            Error::RateLimited(_) | Error::Unreachable(_) => Self::NotNow,
            Error::Unauthorized(_) | Error::Forbidden(_) | Error::NotFound(_) | Error::Gone(_) => {
                Self::NoEntry(error.to_string())
            }
            // A redirect may come from a proxy that passed the request on.
            Error::Unexpected(refusal) if !refusal.status.is_client_error() => Self::Unknown,
            Error::BadRequest(refusal)
            | Error::PayloadTooLarge(refusal)
            | Error::Conflict(refusal)
            | Error::Unexpected(refusal) => Self::Refused(Refusal::new(error, refusal)),
            Error::Server(_) | Error::Timeout(_) | Error::Transport(_) => Self::Unknown,
        }
    }

    /// How the batch stands after this answer, when `unanswered` attempts (this one counted) had none before it.
    /// A refusal settles its own attempt only: an earlier one may still have been accepted.
    pub(crate) fn settle(&self, unanswered: i64) -> (BatchState, i64) {
        let others = unanswered - 1;
        let in_doubt = others > 0;
        match self {
            Self::Accepted => (BatchState::Accepted, 0),
            Self::Unknown => (BatchState::Attempting, unanswered),
            Self::Refused(_) if in_doubt => (BatchState::InDoubt, others),
            Self::Refused(_) => (BatchState::Rejected, 0),
            Self::NotNow | Self::NoQuota | Self::NoEntry(_) if in_doubt => {
                (BatchState::Attempting, others)
            }
            Self::NotNow => (BatchState::Planned, 0),
            Self::NoQuota => (BatchState::PausedQuota, 0),
            Self::NoEntry(_) => (BatchState::PausedAuth, 0),
        }
    }

    /// Whether the same bytes and key may be sent again in this run.
    pub(crate) fn is_repeatable(&self) -> bool {
        matches!(self, Self::Unknown | Self::NotNow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_settles_its_own_attempt_only() {
        let rejected = Verdict::Refused(Refusal {
            code: 400,
            reason: String::new(),
            blames: Blame::Unknown,
        });
        assert_eq!(rejected.settle(1), (BatchState::Rejected, 0));
        assert_eq!(rejected.settle(2), (BatchState::InDoubt, 1));
        assert_eq!(Verdict::NoQuota.settle(1), (BatchState::PausedQuota, 0));
        assert_eq!(Verdict::NoQuota.settle(2), (BatchState::Attempting, 1));
        assert_eq!(Verdict::NotNow.settle(1), (BatchState::Planned, 0));
        assert_eq!(Verdict::NotNow.settle(3), (BatchState::Attempting, 2));
        assert_eq!(Verdict::Unknown.settle(1), (BatchState::Attempting, 1));
        assert_eq!(Verdict::Accepted.settle(3), (BatchState::Accepted, 0));
    }
}
