//! People who left or were erased, and where they are named. Pure.

use std::collections::HashMap;
use std::time::Duration;

use service_kit::Timestamp;
use users_client::{Change, LuidDigest};

use crate::envelope;

/// How far the clocks of two services may be apart.
const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// People who are members no more, and since when. Some may have come back.
#[derive(Default)]
pub(crate) struct Erased(HashMap<LuidDigest, Timestamp>);

impl Erased {
    pub(crate) fn new(changes: &[Change]) -> Self {
        let mut people: HashMap<_, Timestamp> = HashMap::new();
        // Who leaves is a stranger from that moment, and gets nothing any more.
        for change in changes {
            let last = people.entry(change.luid_digest).or_default();
            *last = change.changed_at.max(*last);
        }
        Self(people)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where this request names any of them, from 0; `None` if it does not. It was planned for `planned_for` or later, so
    /// that who was erased before that and is in it is a member again, and is not among the places.
    pub(crate) fn named_in(&self, body: &[u8], planned_for: Timestamp) -> Option<Vec<usize>> {
        let users = envelope::recipients(body)?;
        let erased_at = |user: &String| self.0.get(&LuidDigest::of(user));
        if !users.iter().any(|user| erased_at(user).is_some()) {
            return None;
        }
        let is_gone =
            |user: &String| erased_at(user).is_some_and(|at| *at + CLOCK_SKEW >= planned_for);
        let places = users.iter().enumerate();
        Some(
            places
                .filter_map(|(place, user)| is_gone(user).then_some(place))
                .collect(),
        )
    }
}
