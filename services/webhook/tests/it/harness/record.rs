//! What a fake has seen, and waiting for it.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;

/// No wait is longer; whoever waits for nothing fails.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// Between two looks at what nobody tells of. It leaves the machine to whoever is waited for.
pub(crate) const PAUSE: Duration = Duration::from_millis(5);

/// Things in the order in which they were seen.
pub(crate) struct Record<T> {
    seen: Mutex<Vec<T>>,
    changed: watch::Sender<usize>,
}

impl<T: Clone> Record<T> {
    pub(crate) fn new() -> Self {
        Self {
            seen: Mutex::default(),
            changed: watch::Sender::new(0),
        }
    }

    pub(crate) fn add(&self, thing: T) {
        let mut seen = self.seen.lock().unwrap();
        seen.push(thing);
        self.changed.send_replace(seen.len());
    }

    pub(crate) fn all(&self) -> Vec<T> {
        self.seen.lock().unwrap().clone()
    }

    /// Everything, once there are `count` of them.
    pub(crate) async fn wait(&self, count: usize) -> Vec<T> {
        let mut changed = self.changed.subscribe();
        let waited = tokio::time::timeout(BOUND, changed.wait_for(|seen| *seen >= count)).await;
        assert!(
            waited.is_ok(),
            "saw {} of {count} in time",
            self.all().len()
        );
        self.all()
    }
}
