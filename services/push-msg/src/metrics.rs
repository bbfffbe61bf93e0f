use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::RunReport;
use crate::store::STANDINGS;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Standing {
    state: &'static str,
}

/// What the runs of a scheduler came to.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    runs: Family<Outcome, Counter>,
    occurrences: Family<Outcome, Counter>,
    batches: Family<Outcome, Counter>,
    recipients: Counter,
    calls: Counter,
    standing: Family<Standing, Gauge>,
}

impl Metrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("push_runs", "Runs", self.runs.clone());
        registry.register("push_occurrences", "Occurrences", self.occurrences.clone());
        registry.register(
            "push_batches",
            "Batches that are over",
            self.batches.clone(),
        );
        registry.register(
            "push_recipients_accepted",
            "Recipients in batches that LINE accepted",
            self.recipients.clone(),
        );
        registry.register("push_calls", "Calls made to send", self.calls.clone());
        registry.register(
            "push_occurrences_standing",
            "Occurrences that are not over, and those of the last day that did not go out whole",
            self.standing.clone(),
        );
    }

    /// How many occurrences stand in each state now.
    pub(crate) fn set_standing(&self, counts: &[(String, i64)]) {
        for state in STANDINGS {
            let found = counts.iter().find(|(name, _)| name == state);
            let gauge = self.standing.get_or_create(&Standing { state });
            gauge.set(found.map_or(0, |(_, count)| *count));
        }
    }

    pub(crate) fn count(&self, run: &anyhow::Result<RunReport>) {
        let outcome = match run {
            Ok(report) if report.is_fine() => "fine",
            Ok(_) => "attention",
            Err(_) => "failed",
        };
        self.runs.get_or_create(&Outcome { outcome }).inc();
        let Ok(report) = run else { return };
        let count = |family: &Family<Outcome, Counter>, outcome, count| {
            family.get_or_create(&Outcome { outcome }).inc_by(count);
        };
        count(&self.occurrences, "due", report.due);
        count(&self.occurrences, "missed", report.missed);
        count(&self.occurrences, "sent", report.sent);
        count(&self.batches, "accepted", report.batches_accepted);
        count(&self.batches, "rejected", report.batches_rejected);
        count(&self.batches, "in_doubt", report.batches_in_doubt);
        self.recipients.inc_by(report.recipients_accepted);
        self.calls.inc_by(report.calls);
    }
}
