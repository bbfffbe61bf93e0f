use std::sync::atomic::{AtomicU64, Ordering};

/// What erasures have left behind in the database's files. Nothing is forgotten by a task that is dropped half-way.
#[derive(Debug)]
pub(super) struct Residue {
    left: AtomicU64,
    scrubbed: AtomicU64,
}

/// An erasure. Whatever becomes of it, there may be something to scrub afterwards.
#[must_use]
pub(super) struct Erasing<'a>(&'a AtomicU64);

impl Residue {
    /// The last process may have ended between an erasure and its scrubbing.
    pub(super) fn of_the_last_process() -> Self {
        Self {
            left: 1.into(),
            scrubbed: 0.into(),
        }
    }

    pub(super) fn erasing(&self) -> Erasing<'_> {
        Erasing(&self.left)
    }

    /// How far a scrubbing that begins now gets, if there is anything to scrub.
    pub(super) fn to_scrub(&self) -> Option<u64> {
        let left = self.left.load(Ordering::SeqCst);
        (left > self.scrubbed.load(Ordering::SeqCst)).then_some(left)
    }

    pub(super) fn is_scrubbed(&self, so_far: u64) {
        self.scrubbed.fetch_max(so_far, Ordering::SeqCst);
    }
}

impl Drop for Erasing<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
