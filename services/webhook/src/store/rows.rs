//! What goes in and out of a group, row by row.

use std::collections::HashSet;

use super::{Batch, NewEvent, Quarantined};

/// Which of the attempts are among those that `owned` says still own their event.
pub(super) fn owned<'a>(attempts: impl Iterator<Item = &'a i64>, owned: Vec<i64>) -> Vec<bool> {
    let owned: HashSet<i64> = owned.into_iter().collect();
    attempts.map(|event_id| owned.contains(event_id)).collect()
}

/// An event, and the request that brought it.
pub(super) type Row<'a> = (&'a Batch, &'a NewEvent);

pub(super) fn rows(batches: &[Batch]) -> Vec<Row<'_>> {
    let mut rows = Vec::with_capacity(batches.len());
    for batch in batches {
        rows.extend(batch.events.iter().map(|event| (batch, event)));
    }
    rows
}

/// Signed bytes that are no event, and the request that brought them.
pub(super) type Aside<'a> = (&'a Batch, &'a Quarantined);

pub(super) fn aside(batches: &[Batch]) -> Vec<Aside<'_>> {
    let mut aside = Vec::new();
    for batch in batches {
        aside.extend(batch.quarantined.iter().map(|kept| (batch, kept)));
    }
    aside
}

/// Which of the rows are among the keys that were inserted; the first of its kind, if an event came twice.
pub(super) fn new_ones(rows: &[Row<'_>], inserted: Vec<String>) -> Vec<bool> {
    let mut inserted: HashSet<String> = inserted.into_iter().collect();
    rows.iter()
        .map(|(_, event)| inserted.remove(&event.key))
        .collect()
}

/// The answers to all events of a group, dealt out to the requests.
pub(super) fn by_batch(batches: &[Batch], new: Vec<bool>) -> Vec<Vec<bool>> {
    let mut new = new.into_iter();
    let counts = batches.iter().map(|batch| batch.events.len());
    counts
        .map(|count| new.by_ref().take(count).collect())
        .collect()
}
