//! Registrations: those that wait while a transaction commits share the next one, and each has its own outcome.

mod group;
mod in_flight;
mod kept;
mod queue;

use service_kit::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

pub(super) use group::Group;
use in_flight::Held;
pub(super) use kept::{ANSWER_LIFE, FORGET_ROWS, Kept, KeptRow};
pub(super) use queue::{GROUP_LIMIT, Registrations};

use crate::domain::Candidate;
use crate::error::ApiError;

/// Somebody who asks to become a member.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) candidate: Candidate,
    /// Who they will be, if they may.
    pub(crate) member_id: Uuid,
    pub(crate) now: Timestamp,
}

impl Newcomer {
    pub(crate) fn new(candidate: Candidate, now: Timestamp) -> Self {
        Self {
            candidate,
            member_id: Candidate::new_member_id(now),
            now,
        }
    }

    /// Who brings no time of sign-in is taken to have signed in now.
    pub(super) fn signed_in_at(&self) -> Timestamp {
        self.candidate.signed_in_at.unwrap_or(self.now)
    }
}

/// What a registration came to.
pub(crate) struct Registered {
    pub(crate) outcome: Outcome,
    /// Whether it came to it earlier, when the same was asked under the same key.
    pub(crate) is_replay: bool,
}

/// What came of somebody who asked to become a member. A repetition changes none of these.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// A member: their document, as JSON.
    Member(String),
    /// They are one already.
    AlreadyRegistered,
    /// They were erased after they signed in.
    SignedInBeforeLeaving,
}

/// A registration on its way.
struct Registration {
    newcomer: Newcomer,
    key: Option<Held>,
    begun: Instant,
}

type Verdict = Result<Registered, ApiError>;
