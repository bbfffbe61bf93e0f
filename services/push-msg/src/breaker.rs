//! A rest for LINE while it fails. Pure but for what it remembers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use service_kit::Timestamp;

/// No rest is longer than so many times the longest wait between two calls.
const LONGEST: u32 = 10;

/// Opens when LINE fails again and again, and lets a run try once the rest is over.
#[derive(Debug, Default)]
pub(crate) struct Breaker(Mutex<Rest>);

#[derive(Debug, Default, Clone, Copy)]
struct Rest {
    /// Runs in a row that LINE failed.
    failures: u32,
    until: Timestamp,
}

impl Breaker {
    /// Whether LINE is left alone at this moment.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        now < self.rest().until
    }

    /// LINE failed: each rest is twice as long as the one before, up to a limit.
    pub(crate) fn fail(&self, now: Timestamp, unit: Duration) {
        let mut rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let times = 1 << rest.failures.min(10);
        rest.failures += 1;
        rest.until = now + unit * times.min(LONGEST);
    }

    /// LINE answered.
    pub(crate) fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Rest::default();
    }

    fn rest(&self) -> Rest {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rest_is_longer_up_to_a_limit_and_an_answer_ends_it() {
        let (breaker, unit) = (Breaker::default(), Duration::from_secs(30));
        let mut now = Timestamp::from_seconds(0);
        for seconds in [30, 60, 120, 240, 300, 300] {
            breaker.fail(now, unit);
            let end = now + Duration::from_secs(seconds);
            assert!(breaker.is_open(end - Duration::from_millis(1)));
            assert!(!breaker.is_open(end));
            now = end;
        }
        breaker.fail(now, unit);
        breaker.close();
        assert!(!breaker.is_open(now));
    }
}
