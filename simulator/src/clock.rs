//! The simulator's own time: the injected clock, moved ahead by the control API.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use service_kit::Clock;

/// How often a waiting task looks at a clock that may be moved under it.
const LOOK: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(crate) struct SimClock {
    base: Clock,
    ahead: AtomicI64,
}

impl SimClock {
    pub(crate) fn new(base: Clock) -> Self {
        Self {
            base,
            ahead: AtomicI64::new(0),
        }
    }

    /// Now, in milliseconds since the Unix epoch.
    pub(crate) fn now(&self) -> i64 {
        self.base.now().as_millis() + self.ahead.load(Ordering::SeqCst)
    }

    pub(crate) fn advance(&self, millis: i64) {
        self.ahead.fetch_add(millis, Ordering::SeqCst);
    }

    /// Returns once this clock, moved or not, has reached `at`.
    pub(crate) async fn reach(&self, at: i64) {
        loop {
            let Ok(left @ 1..) = u64::try_from(at - self.now()) else {
                return;
            };
            tokio::time::sleep(Duration::from_millis(left).min(LOOK)).await;
        }
    }
}

/// The day `yyyyMMdd` in UTC+9, in which LINE counts messages.
pub(crate) fn day(millis: i64) -> String {
    let japan = FixedOffset::east_opt(9 * 3600).expect("nine hours is an offset");
    DateTime::from_timestamp_millis(millis)
        .unwrap_or_default()
        .with_timezone(&japan)
        .format("%Y%m%d")
        .to_string()
}

/// The moment as LINE writes it in JSON: ISO 8601 in UTC with milliseconds.
pub(crate) fn iso(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
