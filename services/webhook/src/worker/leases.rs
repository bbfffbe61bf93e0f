//! What this process has taken up, and holds on to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use service_kit::Clock;
use service_kit::telemetry::chain;

use crate::limits::HEARTBEAT;
use crate::store::{Claim, Store};

/// The attempts that run, by event.
#[derive(Default)]
pub(crate) struct Leases {
    held: Mutex<BTreeMap<i64, i64>>,
    /// Whether the last heartbeat failed, so that others may think these attempts lost.
    doubtful: AtomicBool,
}

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

    /// Holds on to everything, for ever.
    pub(super) async fn beat(&self, store: &Store, clock: &Clock) {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            self.extend(store, clock).await;
        }
    }

    /// Whether nothing can be thought lost that is being worked on.
    pub(super) fn are_certain(&self) -> bool {
        !self.doubtful.load(Ordering::Relaxed)
    }

    /// Makes sure that nothing is thought lost which is being worked on: else the next claim would take it up once more.
    pub(super) async fn are_sure(&self, store: &Store, clock: &Clock) -> bool {
        self.are_certain() || self.extend(store, clock).await
    }

    /// Holds on to all of them for another lease.
    async fn extend(&self, store: &Store, clock: &Clock) -> bool {
        let held: Vec<_> = self
            .held()
            .iter()
            .map(|(id, attempt)| (*id, *attempt))
            .collect();
        let extended = if held.is_empty() {
            Ok(())
        } else {
            store.extend(&held, clock.now()).await
        };
        if let Err(error) = &extended {
            tracing::warn!(error = chain(error), "cannot hold on to what is being done");
        }
        self.doubtful.store(extended.is_err(), Ordering::Relaxed);
        extended.is_ok()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<i64, i64>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
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
