use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use service_kit::{Clock, Timestamp};

/// This many seconds' worth may be asked for at once.
const BURST_SECONDS: f64 = 2.0;

/// How fast each operator may ask: a token bucket per subject, in this process.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_second: f64,
    clock: Clock,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Timestamp,
}

impl RateLimit {
    pub(crate) fn new(per_second: u32, clock: Clock) -> Self {
        Self {
            per_second: f64::from(per_second),
            clock,
            buckets: Mutex::default(),
        }
    }

    /// Lets a request of the subject through, or says how long to wait. Subjects are few: only who has a token gets here.
    pub(crate) fn admit(&self, subject: &str) -> Result<(), Duration> {
        let now = self.clock.now();
        let most = self.per_second * BURST_SECONDS;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(subject.to_owned()).or_insert(Bucket {
            tokens: most,
            filled_at: now,
        });
        let passed = now.since(bucket.filled_at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * self.per_second).min(most);
        bucket.filled_at = now;
        if bucket.tokens < 1.0 {
            let missing = 1.0 - bucket.tokens;
            return Err(Duration::from_secs_f64(missing / self.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}
