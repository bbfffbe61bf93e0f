//! What LINE's answer to a multicast means. Pure: a table test covers it.

use line_api::messaging::{Accepted, Error};

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
    Rejected(String),
    /// The month's quota is used up.
    NoQuota,
    /// LINE does not take anything from this channel as it is set up.
    NoEntry(String),
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
            Error::BadRequest(refusal) => Self::Rejected(match refusal.recipient() {
                Some(place) => format!("{error}; it names recipient {place}"),
                None => error.to_string(),
            }),
            // A redirect may come from a proxy that passed the request on.
            Error::Unexpected(refusal) if !refusal.status.is_client_error() => Self::Unknown,
            Error::PayloadTooLarge(_) | Error::Conflict(_) | Error::Unexpected(_) => {
                Self::Rejected(error.to_string())
            }
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
            Self::Rejected(_) if in_doubt => (BatchState::InDoubt, others),
            Self::Rejected(_) => (BatchState::Rejected, 0),
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
        let rejected = Verdict::Rejected(String::new());
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
