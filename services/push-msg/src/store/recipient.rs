use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::LedgerError;
use super::batch::members;

/// A member who gets nothing.
pub(crate) struct Excluded {
    pub(crate) member: Uuid,
    pub(crate) reason: String,
}

/// Those who are out for the same reason together.
pub(super) fn by_reason(out: &[Excluded]) -> BTreeMap<&str, Vec<Uuid>> {
    let mut reasons: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for Excluded { member, reason } in out {
        reasons.entry(reason.as_str()).or_default().push(*member);
    }
    reasons
}

/// Of these members, how often each is named.
#[derive(Debug)]
pub(super) struct Counts<'a> {
    /// In order.
    members: &'a [Uuid],
    counts: HashMap<Uuid, u32>,
}

impl<'a> Counts<'a> {
    pub(super) fn of(members: &'a [Uuid]) -> Self {
        Self {
            members,
            counts: HashMap::new(),
        }
    }

    /// So often more for the member of this ID.
    pub(super) fn add(&mut self, id: &str, count: i64) -> Result<(), LedgerError> {
        let id = Uuid::try_parse(id).map_err(|_| LedgerError::Unreadable("member ID"))?;
        *self.counts.entry(id).or_default() += u32::try_from(count).unwrap_or(u32::MAX);
        Ok(())
    }

    /// Once more for those who are in a batch.
    pub(super) fn add_packed(&mut self, packed: &[u8]) -> Result<(), LedgerError> {
        for id in members(packed)? {
            if self.members.binary_search(&id).is_ok() {
                *self.counts.entry(id).or_default() += 1;
            }
        }
        Ok(())
    }

    pub(super) fn end(self) -> HashMap<Uuid, u32> {
        self.counts
    }
}
