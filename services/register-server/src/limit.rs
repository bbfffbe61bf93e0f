//! How often something may be done, by each of many.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use service_kit::{Clock, Timestamp};

/// So many are remembered, some 5 MB; they are forgotten when they have rested.
const KEYS: usize = 65_536;

/// `burst` at once, then one in every `pace`: the leaky bucket that is known as GCRA. Each process counts by itself.
#[derive(Debug)]
pub(crate) struct Limit<K> {
    pace: Duration,
    burst: Duration,
    clock: Clock,
    /// When the bucket of each will have run dry.
    dry: Mutex<HashMap<K, Timestamp>>,
}

impl<K: Eq + Hash> Limit<K> {
    pub(crate) fn new(burst: u32, pace: Duration, clock: Clock) -> Self {
        Self {
            pace,
            burst: pace * burst,
            clock,
            dry: Mutex::default(),
        }
    }

    /// Counts one more, or says how long to wait. Who is refused is not kept waiting longer for having asked.
    pub(crate) fn admit(&self, key: K) -> Result<(), Duration> {
        let now = self.clock.now();
        let mut dry = self.dry.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not lock anybody out.
        let known = dry
            .get(&key)
            .map_or(now, |dry| *dry.clamp(&now, &(now + self.burst)));
        let next = known + self.pace;
        let over = next.since(now).saturating_sub(self.burst);
        if !over.is_zero() {
            dry.insert(key, known);
            return Err(over);
        }
        if dry.len() >= KEYS {
            dry.retain(|_, dry| *dry > now);
            // So many at once are a crowd: nobody is kept out for what others do.
            if dry.len() >= KEYS {
                dry.clear();
            }
        }
        dry.insert(key, next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn limit() -> (Limit<u32>, Clock) {
        let clock = Clock::manual(Timestamp::from_seconds(1_790_000_000));
        (Limit::new(3, SECOND, clock.clone()), clock)
    }

    #[test]
    fn a_burst_passes_then_one_in_every_pace() {
        let (limit, clock) = limit();
        for _ in 0..3 {
            limit.admit(1).unwrap();
        }
        for _ in 0..100 {
            assert_eq!(limit.admit(1), Err(SECOND), "asking costs nothing");
        }
        limit.admit(2).unwrap();
        clock.advance(SECOND);
        limit.admit(1).unwrap();
        assert_eq!(limit.admit(1), Err(SECOND));
        clock.advance(SECOND * 60);
        for _ in 0..3 {
            limit.admit(1).unwrap();
        }
        assert!(limit.admit(1).is_err(), "rest saves up one burst");
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let (limit, clock) = limit();
        let tomorrow = clock.now() + SECOND * 86_400;
        limit.dry.lock().unwrap().insert(1, tomorrow);
        assert_eq!(limit.admit(1), Err(SECOND));
        clock.advance(SECOND);
        limit.admit(1).unwrap();
    }

    #[test]
    fn memory_is_bounded() {
        let (limit, _) = limit();
        for key in 0..200_000 {
            limit.admit(key).unwrap();
        }
        assert!(limit.dry.lock().unwrap().len() <= KEYS);
    }
}
