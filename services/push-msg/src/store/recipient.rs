use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::LedgerError;

/// A member as they are frozen.
pub(crate) struct NewRecipient {
    pub(crate) member: Uuid,
    /// The number of their batch.
    pub(crate) batch: Option<i64>,
    /// Why they have none.
    pub(crate) excluded: Option<String>,
}

pub(super) fn read_ids(ids: &[String]) -> Result<HashSet<Uuid>, LedgerError> {
    ids.iter().map(|id| read_id(id)).collect()
}

pub(super) fn read_counts(counts: &[(String, i64)]) -> Result<HashMap<Uuid, u32>, LedgerError> {
    let read = |(id, count): &(String, i64)| {
        let count = u32::try_from(*count).unwrap_or(u32::MAX);
        Ok((read_id(id)?, count))
    };
    counts.iter().map(read).collect()
}

fn read_id(id: &str) -> Result<Uuid, LedgerError> {
    Uuid::try_parse(id).map_err(|_| LedgerError::Unreadable("member ID"))
}
