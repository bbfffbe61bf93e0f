//! What is counted and said about requests of one kind: the same method, route and status.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tokio::time::MissedTickBehavior;

/// In seconds. LINE waits for 2, and a webhook of ours answers 503 at 0.9.
const BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.9, 1.0, 2.0, 5.0,
];

/// So many failures of one kind have a line each; while more come, one line a second says how many.
const LINES: u32 = 10;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Labels {
    pub(super) method: &'static str,
    pub(super) route: Arc<str>,
    pub(super) status: u16,
}

/// One kind of request, with its metrics at hand.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) labels: Labels,
    /// Whether nobody wants to read of each success.
    pub(super) is_quiet: bool,
    requests: Counter,
    durations: Histogram,
    lines: AtomicU32,
    left_out: AtomicU64,
    next: OnceLock<Arc<Kind>>,
}

impl Kind {
    pub(super) fn count(&self, duration: Duration) {
        self.requests.inc();
        self.durations.observe(duration.as_secs_f64());
    }

    /// Whether a failure of this kind may have a line of its own; counts it if not.
    pub(super) fn has_a_line(&self) -> bool {
        let taken = self
            .lines
            .fetch_update(Relaxed, Relaxed, |lines| lines.checked_sub(1));
        if taken.is_err() {
            self.left_out.fetch_add(1, Relaxed);
        }
        taken.is_ok()
    }

    /// Says how many lines were left out since it was called before. Once a second without any ends the flood.
    fn sum_up(&self, service: &'static str) {
        let left_out = self.left_out.swap(0, Relaxed);
        if left_out == 0 {
            self.lines.store(LINES, Relaxed);
            return;
        }
        let Labels {
            method,
            route,
            status,
        } = &self.labels;
        tracing::warn!(
            service,
            method,
            route = &**route,
            status,
            left_out,
            "{method} {route} {status}: {left_out} more"
        );
    }
}

/// The kinds that one route has seen, in the order in which they came: read without a lock.
#[derive(Debug, Default)]
pub(super) struct Kinds(OnceLock<Arc<Kind>>);

impl Kinds {
    /// The kind with these labels. Kinds are few: methods and statuses are.
    pub(super) fn get(
        &self,
        tally: &Tally,
        method: &'static str,
        route: Option<&str>,
        status: u16,
    ) -> &Kind {
        let route = route.unwrap_or("unmatched");
        let mut next = &self.0;
        loop {
            let kind = next.get_or_init(|| {
                tally.kind(Labels {
                    method,
                    route: route.into(),
                    status,
                })
            });
            let labels = &kind.labels;
            if labels.status == status && labels.method == method && *labels.route == *route {
                return kind;
            }
            next = &kind.next;
        }
    }
}

/// All kinds of requests of a service.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) service: &'static str,
    quiet: Vec<&'static str>,
    requests: Family<Labels, Counter>,
    durations: Family<Labels, Histogram>,
    kinds: Mutex<Vec<Arc<Kind>>>,
}

impl Tally {
    pub(super) fn new(
        service: &'static str,
        quiet: Vec<&'static str>,
        registry: &mut Registry,
    ) -> Self {
        let tally = Self {
            service,
            quiet,
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            kinds: Mutex::default(),
        };
        registry.register("http_requests", "Requests answered", tally.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time to the answer's head",
            Unit::Seconds,
            tally.durations.clone(),
        );
        tally
    }

    fn kind(&self, labels: Labels) -> Arc<Kind> {
        let kind = Arc::new(Kind {
            is_quiet: self.quiet.contains(&&*labels.route),
            requests: self.requests.get_or_create_owned(&labels),
            durations: self.durations.get_or_create_owned(&labels),
            labels,
            lines: AtomicU32::new(LINES),
            left_out: AtomicU64::new(0),
            next: OnceLock::new(),
        });
        self.lock().push(Arc::clone(&kind));
        kind
    }

    /// Sums up once a second, for as long as it is polled.
    pub(super) async fn keep_summing_up(&self) {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            seconds.tick().await;
            self.sum_up();
        }
    }

    pub(super) fn sum_up(&self) {
        for kind in self.lock().iter() {
            kind.sum_up(self.service);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Kind>>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
