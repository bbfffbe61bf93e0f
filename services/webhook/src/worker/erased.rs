//! Who was erased, and what is about them. Pure.

use std::collections::HashMap;

use line_api::event::Event;
use service_kit::Timestamp;
use users_client::{Change, ChangeKind, LuidDigest};

use crate::store::{Holding, Shelf};

/// The longest ID there can be.
const ID_BYTES: usize = 80;

/// People who were erased, and when.
#[derive(Default)]
pub(super) struct Erased {
    people: HashMap<LuidDigest, Timestamp>,
    /// Whoever was erased before the feed begins is not known any more: what is as old as that is forgotten, whosever it is.
    before: Timestamp,
}

impl Erased {
    pub(super) fn new(changes: &[Change], before: Timestamp) -> Self {
        let mut people: HashMap<_, Timestamp> = HashMap::new();
        for change in changes {
            // Who only leaves is a stranger already, as whoever looks them up is told.
            if change.kind == ChangeKind::Erased {
                let last = people.entry(change.luid_digest).or_default();
                *last = change.changed_at.max(*last);
            }
        }
        Self { people, before }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Whether this is to be forgotten: somebody was erased after it who wrote it, or whose conversation it is. Of what nobody
    /// works on any more, all that names them.
    pub(super) fn concerns(&self, on: Shelf, held: &Holding) -> bool {
        let is_erased = |id: &[u8]| {
            let erased_at = self.people.get(&LuidDigest::of(id));
            erased_at.is_some_and(|erased_at| held.dated < *erased_at)
        };
        held.dated < self.before
            || held
                .conversation
                .as_deref()
                .is_some_and(|id| is_erased(id.as_bytes()))
            || match on {
                Shelf::New | Shelf::InLine => Event::parse(&held.raw)
                    .user_id()
                    .is_some_and(|user| is_erased(user.as_str().as_bytes())),
                Shelf::Stale | Shelf::Parked | Shelf::Quarantine => words(&held.raw).any(is_erased),
            }
    }
}

/// Everything in there that may be an ID, whatever it is written in.
fn words(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')))
        .filter(|word| (1..=ID_BYTES).contains(&word.len()))
}
