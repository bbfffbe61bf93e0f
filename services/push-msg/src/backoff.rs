//! How long to wait before a call is repeated.

use std::time::Duration;

use uuid::Uuid;

/// Waits double from `first` to `longest`, each with up to a quarter of chance on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait. LINE's limits are per second: a shorter one would not help.
    pub first: Duration,
    /// No wait is longer, chance aside.
    pub longest: Duration,
    /// How often one batch is tried in one run; the next run goes on.
    pub attempts: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            attempts: 5,
        }
    }
}

impl Backoff {
    /// The wait after so many failures, from 1.
    pub(crate) fn wait(&self, failures: u32) -> Duration {
        let doubled = self
            .first
            .saturating_mul(1 << failures.saturating_sub(1).min(20));
        let wait = doubled.min(self.longest);
        // A random UUID is chance enough to keep two pushers apart.
        let chance = u32::from(Uuid::new_v4().as_bytes()[0]);
        wait + wait * chance / 1024
    }
}
