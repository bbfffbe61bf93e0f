//! People who left or were erased, and where they are named. Pure.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::value::{RawValue, to_raw_value};
use service_kit::Timestamp;
use users_client::{Change, LuidDigest};

/// How far the clocks of two services may be apart.
const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// People who are members no more, and since when. Some may have come back.
#[derive(Default)]
pub(crate) struct Erased(HashMap<LuidDigest, Timestamp>);

/// Erased people among those to whom something goes.
pub(crate) struct Named {
    /// Where in `to` those stand who have not come back before this was planned.
    pub(crate) places: Vec<i64>,
    /// The same without them; `None` if nobody is left.
    pub(crate) rest: Option<Vec<u8>>,
}

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

    /// Where this request names any of them; `None` if it does not. It was planned for `planned_for` or later, so that who
    /// was erased before that and is in it is a member again.
    pub(crate) fn named_in(&self, body: &[u8], planned_for: Timestamp) -> Option<Named> {
        let mut request: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).ok()?;
        let mut to: Vec<String> = serde_json::from_str(request.get("to")?.get()).ok()?;
        if !to.iter().any(|id| self.0.contains_key(&LuidDigest::of(id))) {
            return None;
        }
        let mut places = Vec::new();
        let mut place = 0;
        to.retain(|id| {
            let erased_at = self.0.get(&LuidDigest::of(id));
            let is_gone = erased_at.is_some_and(|at| *at + CLOCK_SKEW >= planned_for);
            places.extend(is_gone.then_some(place));
            place += 1;
            !is_gone
        });
        let rest = match to.as_slice() {
            [] => None,
            to => {
                request.insert("to".into(), to_raw_value(to).ok()?);
                Some(serde_json::to_vec(&request).ok()?)
            }
        };
        Some(Named { places, rest })
    }
}
