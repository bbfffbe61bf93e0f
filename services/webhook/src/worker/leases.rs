//! What this process has taken up, and holds on to.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use service_kit::Clock;
use service_kit::telemetry::chain;

use crate::store::{Claim, Store};

/// The attempts that run, by event.
#[derive(Default)]
pub(crate) struct Leases(Mutex<HashMap<i64, i64>>);

/// An attempt that runs until this is dropped.
pub(super) struct Lease<'a> {
    leases: &'a Leases,
    event_id: i64,
    attempt: i64,
}

impl Leases {
    pub(super) fn hold(&self, claim: &Claim) -> Lease<'_> {
        self.held().insert(claim.event_id, claim.attempt);
        Lease {
            leases: self,
            event_id: claim.event_id,
            attempt: claim.attempt,
        }
    }

    /// Holds on to all of them for another lease.
    pub(super) async fn extend(&self, store: &Store, clock: &Clock) {
        let held: Vec<_> = self
            .held()
            .iter()
            .map(|(id, attempt)| (*id, *attempt))
            .collect();
        if held.is_empty() {
            return;
        }
        // Whoever loses a lease for this is fenced off at the end.
        if let Err(error) = store.extend(&held, clock.now()).await {
            tracing::warn!(
                error = chain(&error),
                "cannot hold on to what is being done"
            );
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<i64, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut held = self.leases.held();
        if held.get(&self.event_id) == Some(&self.attempt) {
            held.remove(&self.event_id);
        }
    }
}
