use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use serde::Serialize;

/// What was answered, and how soon.
#[derive(Default)]
pub(crate) struct Figures {
    latencies_us: Vec<u32>,
    statuses: BTreeMap<u16, u64>,
    broken: u64,
}

#[derive(Serialize)]
struct Report {
    /// Answered in the window, whatever the answer.
    requests: u64,
    seconds: f64,
    per_s: f64,
    statuses: BTreeMap<u16, u64>,
    /// Connections that broke with a request on them.
    broken: u64,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    /// This process's own part of a core, signing included.
    cpu_seconds: f64,
}

impl Figures {
    pub(crate) fn record(&mut self, status: u16, latency: Duration) {
        self.record_all(status, 1, latency);
    }

    /// So many things that one answer brought.
    pub(crate) fn record_all(&mut self, status: u16, count: u64, latency: Duration) {
        *self.statuses.entry(status).or_default() += count;
        self.latencies_us
            .push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn count_broken(&mut self) {
        self.broken += 1;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.latencies_us.extend(other.latencies_us);
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.broken += other.broken;
    }

    /// One line of JSON.
    pub(crate) fn report(mut self, took: Duration) -> serde_json::Result<String> {
        self.latencies_us.sort_unstable();
        let requests: u64 = self.statuses.values().sum();
        let seconds = took.as_secs_f64();
        serde_json::to_string(&Report {
            requests,
            seconds,
            #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 requests")]
            per_s: requests as f64 / seconds,
            p50_ms: self.percentile(50),
            p99_ms: self.percentile(99),
            max_ms: self.percentile(100),
            statuses: self.statuses,
            broken: self.broken,
            cpu_seconds: own_cpu(),
        })
    }

    fn percentile(&self, percent: usize) -> f64 {
        let last = self.latencies_us.len().saturating_sub(1);
        let at = (self.latencies_us.len() * percent / 100).min(last);
        let us = self.latencies_us.get(at).copied().unwrap_or_default();
        f64::from(us) / 1000.0
    }
}

fn own_cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default()).as_secs_f64()
}
