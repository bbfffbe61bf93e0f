//! How much of strangers' bytes is held at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for bodies, in bytes. Only bytes that have arrived take room: whoever announces much and sends little takes little.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<Semaphore>);

/// Room that is taken until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Held(Option<OwnedSemaphorePermit>);

impl Budget {
    pub(crate) fn of(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    /// Takes room for so many bytes more. False: there is none.
    pub(crate) fn take(&self, bytes: usize, held: &mut Held) -> bool {
        let taken = u32::try_from(bytes)
            .ok()
            .and_then(|bytes| Arc::clone(&self.0).try_acquire_many_owned(bytes).ok());
        match (taken, &mut held.0) {
            (None, _) => return false,
            (Some(taken), Some(held)) => held.merge(taken),
            (taken, held) => *held = taken,
        }
        true
    }
}
