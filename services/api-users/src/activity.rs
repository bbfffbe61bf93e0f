//! Who did something lately. It is gathered in memory and written once a minute: a message must not cost a write, and a
//! minute of it may be lost with the process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use service_kit::Timestamp;

use crate::domain::Luid;
use crate::error::ApiError;
use crate::store::Store;

/// Somebody, and when they were last seen.
pub(crate) type Seen = (Luid, Timestamp);

/// More people than this between two writes are not noted.
const PEOPLE: usize = 100_000;
/// So many are written at once; others who want to write wait no longer than for these.
const GROUP: usize = 500;

/// Who was seen since the last write.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    seen: Mutex<HashMap<Luid, Timestamp>>,
}

impl Activity {
    /// Notes that this person does something now.
    pub(crate) fn note(&self, luid: Luid, now: Timestamp) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < PEOPLE || seen.contains_key(&luid) {
            seen.insert(luid, now);
        }
    }

    /// Writes down who was seen. What fails is lost.
    pub(crate) async fn write(&self, store: &Store) -> Result<(), ApiError> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        let seen: Vec<Seen> = seen.into_iter().collect();
        for group in seen.chunks(GROUP) {
            store.note_activity(group).await?;
        }
        Ok(())
    }
}
