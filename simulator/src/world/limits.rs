//! Rate limits: one token bucket per operation, as LINE counts per endpoint and method.

use std::collections::HashMap;

/// So many calls in so many milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    calls: i64,
    per_ms: i64,
}

impl Rate {
    pub(crate) const USUAL: Self = Self::per_second(2000);

    pub(crate) const fn per_second(calls: i64) -> Self {
        Self {
            calls,
            per_ms: 1_000,
        }
    }

    pub(crate) const fn per_minute(calls: i64) -> Self {
        Self {
            calls,
            per_ms: 60_000,
        }
    }

    pub(crate) const fn per_hour(calls: i64) -> Self {
        Self {
            calls,
            per_ms: 3_600_000,
        }
    }
}

#[derive(Debug)]
struct Bucket {
    /// In units of 1/`per_ms` of a call, so that integers suffice.
    level: i64,
    at: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Limits(HashMap<&'static str, Bucket>);

impl Limits {
    /// Takes one call of `operation` out of its bucket, if it holds one.
    pub(crate) fn admit(&mut self, operation: &'static str, rate: Rate, now: i64) -> bool {
        let full = rate.calls * rate.per_ms;
        let bucket = self.0.entry(operation).or_insert(Bucket {
            level: full,
            at: now,
        });
        let gained = (now - bucket.at).clamp(0, rate.per_ms) * rate.calls;
        bucket.level = (bucket.level + gained).min(full);
        bucket.at = now;
        if bucket.level < rate.per_ms {
            return false;
        }
        bucket.level -= rate.per_ms;
        true
    }
}
