use std::time::Duration;

use sqlx::FromRow;

use super::Outcome;
use crate::idempotency::{Asked, Digest};

/// How long an answer is kept for whoever asks the same once more under the same key.
pub(in crate::store) const ANSWER_LIFE: Duration = Duration::from_hours(24);

/// Answers forgotten in one transaction, so that nobody waits long for it.
pub(in crate::store) const FORGET_ROWS: u32 = 500;

const CREATED: i32 = 201;
const CONFLICT: i32 = 409;
const ALREADY_REGISTERED: &str = "already-registered";
const SIGNED_IN_BEFORE_LEAVING: &str = "signed-in-before-leaving";

/// An answer that was given under a key.
pub(in crate::store) struct Kept {
    pub(super) asked: Asked,
    pub(super) outcome: Outcome,
}

/// A row of `idempotency`.
#[derive(FromRow)]
pub(in crate::store) struct KeptRow {
    caller: Vec<u8>,
    key_digest: Vec<u8>,
    request_digest: Vec<u8>,
    status: i32,
    answer: String,
}

impl KeptRow {
    pub(in crate::store) fn kept(self) -> Result<Kept, sqlx::Error> {
        Ok(Kept {
            asked: Asked {
                caller: digest(self.caller)?,
                key: digest(self.key_digest)?,
                request: digest(self.request_digest)?,
            },
            outcome: match (self.status, self.answer.as_str()) {
                (CREATED, _) => Outcome::Member(self.answer),
                (CONFLICT, ALREADY_REGISTERED) => Outcome::AlreadyRegistered,
                (CONFLICT, SIGNED_IN_BEFORE_LEAVING) => Outcome::SignedInBeforeLeaving,
                _ => return Err(undecodable("an answer of an unknown kind")),
            },
        })
    }
}

impl Outcome {
    /// The status that it is answered with.
    pub(in crate::store) fn status(&self) -> i32 {
        match self {
            Self::Member(_) => CREATED,
            Self::AlreadyRegistered | Self::SignedInBeforeLeaving => CONFLICT,
        }
    }

    /// What is kept of it.
    pub(in crate::store) fn answer(&self) -> &str {
        match self {
            Self::Member(document) => document,
            Self::AlreadyRegistered => ALREADY_REGISTERED,
            Self::SignedInBeforeLeaving => SIGNED_IN_BEFORE_LEAVING,
        }
    }
}

fn digest(bytes: Vec<u8>) -> Result<Digest, sqlx::Error> {
    bytes
        .try_into()
        .map_err(|_| undecodable("a digest of another length"))
}

fn undecodable(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
