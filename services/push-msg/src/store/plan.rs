use std::time::Duration;

use service_kit::Timestamp;

use super::OccurrenceState;

/// The last look at a campaign's schedule.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Looked {
    #[sqlx(try_from = "i64")]
    pub(crate) seen_until: Timestamp,
    /// Of the document as it was then.
    pub(crate) digest: Option<Vec<u8>>,
}

impl Looked {
    /// Whether the document was another one then.
    pub(crate) fn is_of_another(&self, digest: [u8; 32]) -> bool {
        self.digest.as_ref().is_some_and(|seen| *seen != digest)
    }
}

/// The moments at which a campaign was due since the last look.
pub(crate) struct Moments<'a> {
    pub(crate) campaign: &'a str,
    pub(crate) digest: [u8; 32],
    pub(crate) due: &'a [Timestamp],
    /// How late each of them may begin.
    pub(crate) not_after: Duration,
}

/// What a look at a schedule added to the ledger.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Planned {
    /// Occurrences to be sent.
    pub(crate) due: u64,
    /// Occurrences that came and went while nobody looked.
    pub(crate) missed: u64,
}

/// How an occurrence is written down.
pub(super) struct Fate {
    pub(super) not_after: Timestamp,
    pub(super) state: OccurrenceState,
    pub(super) reason: Option<&'static str>,
    pub(super) finished_at: Option<i64>,
}

impl Moments<'_> {
    pub(super) fn fate(&self, moment: Timestamp, now: Timestamp) -> Fate {
        let not_after = moment + self.not_after;
        if not_after < now {
            Fate {
                not_after,
                state: OccurrenceState::Missed,
                reason: Some("no run looked while it was due"),
                finished_at: Some(now.as_millis()),
            }
        } else {
            Fate {
                not_after,
                state: OccurrenceState::Planned,
                reason: None,
                finished_at: None,
            }
        }
    }
}

impl Planned {
    pub(super) fn count(&mut self, fate: &Fate, inserted: u64) {
        if fate.finished_at.is_some() {
            self.missed += inserted;
        } else {
            self.due += inserted;
        }
    }
}
