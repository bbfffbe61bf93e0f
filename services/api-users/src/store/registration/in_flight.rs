use std::collections::HashSet;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::idempotency::{Asked, Digest};

/// The keys under which this process is doing something now.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashSet<(Digest, Digest)>>>);

/// A key that nobody else in this process uses until this is dropped.
pub(super) struct Held {
    asked: Asked,
    in_flight: InFlight,
}

impl InFlight {
    /// Nothing, if the key is in use.
    pub(super) fn hold(&self, asked: Asked) -> Option<Held> {
        let is_new = self.keys().insert((asked.caller, asked.key));
        is_new.then(|| Held {
            asked,
            in_flight: self.clone(),
        })
    }

    fn keys(&self) -> MutexGuard<'_, HashSet<(Digest, Digest)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Held {
    type Target = Asked;

    fn deref(&self) -> &Asked {
        &self.asked
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let key = (self.asked.caller, self.asked.key);
        self.in_flight.keys().remove(&key);
    }
}
