//! Rounds: everything that is compared runs in turn, with the reference before and amid it.

use std::time::Duration;

use anyhow::Context as _;

use super::cell::{Cell, Group};
use super::report::{Row, figure, median};
use super::server::Server;
use super::watch::Sample;
use crate::shell::say;

/// No run takes longer.
const LONGEST: Duration = Duration::from_mins(2);

/// Where servers are started.
pub(super) trait Stage {
    /// What is measured there.
    type Subject;

    /// How long a figure is measured.
    fn seconds(&self) -> Duration;

    fn start(&mut self, subject: &Self::Subject) -> anyhow::Result<Server>;
}

/// A sample, and the mean of the reference's two of the same round.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) sample: Sample,
    reference: (f64, f64),
}

/// What was seen of a group.
pub(super) struct Measured {
    references: Vec<Sample>,
    /// Of each cell, round by round.
    pub(super) cells: Vec<Vec<Compared>>,
}

/// Measures a group.
pub(super) fn measure<S: Stage>(
    stage: &mut S,
    group: &Group<S::Subject>,
    rounds: usize,
) -> anyhow::Result<Measured> {
    let mut references = Vec::new();
    let mut cells: Vec<Vec<Compared>> = group.cells.iter().map(|_| Vec::new()).collect();
    for round in 1..=rounds {
        say(&format!(
            "==> round {round} of {rounds}, {} connections",
            group.reference.load.connections
        ));
        let mut first = vec![run(stage, &group.reference)?];
        let mut samples = Vec::new();
        for (place, cell) in group.cells.iter().enumerate() {
            if place == group.cells.len() / 2 {
                first.push(run(stage, &group.reference)?);
            }
            samples.push(run(stage, cell)?);
        }
        let mean = |of: fn(&Sample) -> f64| first.iter().map(of).sum::<f64>() / figure(first.len());
        let reference = (mean(|sample| sample.per_s), mean(Sample::cpu_us));
        for (cell, sample) in cells.iter_mut().zip(samples) {
            cell.push(Compared { sample, reference });
        }
        references.extend(first);
    }
    Ok(Measured { references, cells })
}

impl Measured {
    /// A group's rows, the reference's first.
    pub(super) fn rows<Subject>(&self, group: &Group<Subject>) -> Vec<Row> {
        let connections = group.reference.load.connections;
        let name = group.reference.name.clone();
        let mut rows = vec![row(name, connections, &self.references, &[])];
        for (cell, compared) in group.cells.iter().zip(&self.cells) {
            rows.extend(rows_of(cell, compared));
        }
        if group.reference.load.rate.is_some() {
            // Everybody answers what comes.
            for row in &mut rows {
                row.ratio = None;
            }
        }
        rows
    }
}

/// One run of one cell, with a server of its own.
pub(super) fn run<S: Stage>(stage: &mut S, cell: &Cell<S::Subject>) -> anyhow::Result<Sample> {
    let mut run = || {
        let server = stage.start(&cell.subject)?;
        // A run that counts messages lasts as long as it takes.
        let longest = cell.load.requests.map(|_| LONGEST);
        let seconds = cell.load.seconds.or(longest);
        let seconds = seconds.unwrap_or_else(|| stage.seconds());
        cell.load.run(&server, seconds)
    };
    let sample = run().with_context(|| format!("cannot measure {}", cell.name))?;
    let replies = if cell.counts_replies {
        format!(", {:.0} replies/s", sample.replies_per_s())
    } else {
        String::new()
    };
    say(&format!(
        "    {}: {:.0}/s{replies}, p50 {:.2} ms, p99 {:.2} ms, {:.1} µs CPU",
        cell.name,
        sample.per_s,
        sample.p50_ms,
        sample.p99_ms,
        sample.cpu_us()
    ));
    Ok(sample)
}

fn rows_of<Subject>(cell: &Cell<Subject>, compared: &[Compared]) -> Vec<Row> {
    let (samples, references): (Vec<_>, Vec<_>) = compared
        .iter()
        .map(|compared| (compared.sample.clone(), compared.reference))
        .unzip();
    let connections = cell.load.connections;
    if !cell.counts_replies {
        return vec![row(cell.name.clone(), connections, &samples, &references)];
    }
    let acks = row(
        format!("{}: acks", cell.name),
        connections,
        &samples,
        &references,
    );
    let per_reply = |sample: &Sample| Sample {
        per_s: sample.replies_per_s(),
        requests: sample.replies,
        ..sample.clone()
    };
    let samples: Vec<_> = samples.iter().map(per_reply).collect();
    let replies = Row {
        p50_ms: None,
        p99_ms: None,
        max_ms: None,
        core: None,
        peak_mb: None,
        errors: None,
        ..row(
            format!("{}: replies", cell.name),
            connections,
            &samples,
            &references,
        )
    };
    vec![acks, replies]
}

/// Medians of the samples, and of each sample's ratio to its own reference (requests per second, CPU per request).
pub(super) fn row(
    name: String,
    connections: usize,
    samples: &[Sample],
    references: &[(f64, f64)],
) -> Row {
    let of = |figure: fn(&Sample) -> f64| median(samples.iter().map(figure).collect());
    let to_reference = |ratio: fn((&Sample, &(f64, f64))) -> f64| {
        median(samples.iter().zip(references).map(ratio).collect())
    };
    Row {
        name,
        connections: Some(connections),
        requests_per_s: of(|sample| sample.per_s),
        ratio: to_reference(|(sample, (per_s, _))| sample.per_s / per_s),
        p50_ms: of(|sample| sample.p50_ms),
        p99_ms: of(|sample| sample.p99_ms),
        max_ms: of(|sample| sample.max_ms),
        cpu_us: of(Sample::cpu_us),
        cpu_ratio: to_reference(|(sample, (_, cpu_us))| sample.cpu_us() / cpu_us),
        core: of(Sample::core),
        peak_mb: of(|sample| sample.peak_mb),
        errors: of(|sample| sample.errors),
        ..Row::default()
    }
}
