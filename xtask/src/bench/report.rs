//! The form of every bench: a table for people, and the same as JSON in `target/bench`.

use std::fs;

use serde::Serialize;

use super::common::Common;
use super::lab::MEMORY;
use super::machine::machine;
use crate::process::Core;
use crate::shell::{root, say};

/// What was measured of one thing. What does not apply to it is `None`, and a column that applies to nothing is left
/// out of the table.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) connections: Option<usize>,
    pub(crate) requests_per_s: Option<f64>,
    /// To the reference of the same round.
    pub(crate) ratio: Option<f64>,
    /// To what the webhook accepts in the same round, on the same store.
    pub(crate) to_accept: Option<f64>,
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p99_ms: Option<f64>,
    pub(crate) max_ms: Option<f64>,
    /// Of the server and its database, per request.
    pub(crate) cpu_us: Option<f64>,
    /// The same to the reference's.
    pub(crate) cpu_ratio: Option<f64>,
    /// The part of a core that the server and its database had.
    pub(crate) core: Option<f64>,
    /// Of the server; a database's memory is not in it.
    pub(crate) peak_mb: Option<f64>,
    pub(crate) program_mb: Option<f64>,
    /// Answers other than the one that was due, and broken connections.
    pub(crate) errors: Option<f64>,
}

/// A column's title, its figure, and its digits after the point.
type Column = (&'static str, fn(&Row) -> Option<f64>, usize);

const COLUMNS: [Column; 13] = [
    ("connections", |row| row.connections.map(figure), 0),
    ("requests/s", |row| row.requests_per_s, 0),
    ("× ref", |row| row.ratio, 3),
    ("× accept", |row| row.to_accept, 2),
    ("p50 ms", |row| row.p50_ms, 2),
    ("p99 ms", |row| row.p99_ms, 2),
    ("max ms", |row| row.max_ms, 1),
    ("CPU µs", |row| row.cpu_us, 1),
    ("CPU × ref", |row| row.cpu_ratio, 2),
    ("of a core", |row| row.core, 2),
    ("peak MB", |row| row.peak_mb, 1),
    ("program MB", |row| row.program_mb, 1),
    ("errors", |row| row.errors, 0),
];

/// A promise, and what was seen of it.
#[derive(Debug, Serialize)]
pub(crate) struct Target {
    pub(crate) what: String,
    pub(crate) seen: f64,
    /// What must be reached.
    pub(crate) floor: f64,
    /// What we want.
    pub(crate) aim: f64,
    pub(crate) more_is_better: bool,
}

impl Target {
    pub(crate) fn at_most(what: String, seen: f64, floor: f64, aim: f64) -> Self {
        Self {
            what,
            seen,
            floor,
            aim,
            more_is_better: false,
        }
    }
}

/// The part of its core that the reference has at least when nothing else runs.
const QUIET: f64 = 0.9;

/// A bench's whole result.
#[derive(Serialize)]
pub(crate) struct Report {
    bench: &'static str,
    /// Whether only some of it was measured.
    partial: bool,
    machine: String,
    rounds: usize,
    /// How to read the figures.
    notes: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) targets: Vec<Target>,
}

impl Report {
    pub(crate) fn new(bench: &'static str, rounds: usize) -> Self {
        Self {
            bench,
            partial: false,
            machine: machine(),
            rounds,
            notes: Vec::new(),
            rows: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// Of what the options ask for.
    pub(super) fn of(bench: &'static str, common: &Common) -> Self {
        let mut report = Self::new(bench, common.rounds);
        report.partial = common.is_partial();
        report
    }

    /// Of servers that are compared with the reference.
    pub(super) fn under_load(bench: &'static str, common: &Common) -> Self {
        let mut report = Self::of(bench, common);
        if Core::can_pin() {
            report.note("The server and its database have core 0, load and stub core 1; CPU is of both, memory of the server alone.");
        } else {
            report.note("NOT PINNED to cores, for want of `taskset` or of a second core: the load takes from the server.");
        }
        let (setting, memory) = MEMORY;
        report.note(format!(
            "PostgreSQL: its own settings, and {setting} = {memory}."
        ));
        report.note("reference: axum, the signature verified, the JSON parsed, 200; nothing stored. Every ratio is to the two reference runs of the same round.");
        report
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Says so if the reference could not have its core to itself.
    pub(crate) fn note_disturbance(&mut self) {
        let reference = self.rows.iter().find(|row| row.name == "reference");
        if let Some(core) = reference
            .and_then(|row| row.core)
            .filter(|core| *core < QUIET)
        {
            self.note(format!("SOMETHING ELSE RAN: the reference had {core:.2} of its core, which it fills on a quiet machine. Requests per second are then no measure, and their ratios too good; believe the CPU times."));
        }
    }

    /// Prints it, and keeps it as `target/bench/<bench>.json`; a part of it beside that.
    pub(crate) fn publish(&self) -> anyhow::Result<()> {
        say(&format!(
            "\nMedians of {} rounds on {}.\n\n{}",
            self.rounds,
            self.machine,
            table(&self.rows)
        ));
        for note in &self.notes {
            say(&format!("- {note}"));
        }
        if !self.targets.is_empty() {
            say(&format!("\n{}", targets(&self.targets)));
        }
        let part = if self.partial { ".part" } else { "" };
        let file = format!("target/bench/{}{part}.json", self.bench);
        fs::create_dir_all(root().join("target/bench"))?;
        fs::write(root().join(&file), serde_json::to_vec_pretty(self)?)?;
        say(&format!("\nKept as {file}"));
        Ok(())
    }
}

/// The middle one.
pub(crate) fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub(crate) fn figure(count: usize) -> f64 {
    count as f64
}

fn table(rows: &[Row]) -> String {
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|(_, figure, _)| rows.iter().any(|row| figure(row).is_some()))
        .collect();
    let titles: Vec<_> = columns.iter().map(|(title, ..)| *title).collect();
    let mut lines = vec![
        format!("| | {} |", titles.join(" | ")),
        format!("|---|{}", "---:|".repeat(titles.len())),
    ];
    for row in rows {
        let figures: Vec<_> = columns
            .iter()
            .map(|(_, figure, digits)| {
                figure(row).map_or_else(String::new, |figure| grouped(figure, *digits))
            })
            .collect();
        lines.push(format!("| {} | {} |", row.name, figures.join(" | ")));
    }
    lines.join("\n")
}

fn targets(targets: &[Target]) -> String {
    let mut lines = vec!["| target | seen | floor | aim | |\n|---|---:|---:|---:|---|".to_owned()];
    for target in targets {
        let reaches = |bound: f64| {
            if target.more_is_better {
                target.seen >= bound
            } else {
                target.seen <= bound
            }
        };
        let verdict = if reaches(target.aim) {
            "aim reached"
        } else if reaches(target.floor) {
            "floor reached"
        } else {
            "**missed**"
        };
        lines.push(format!(
            "| {} | {:.2} | {} {} | {} | {verdict} |",
            target.what,
            target.seen,
            if target.more_is_better { "≥" } else { "≤" },
            target.floor,
            target.aim
        ));
    }
    lines.join("\n")
}

/// Large counts with separators, as they are read.
fn grouped(figure: f64, digits: usize) -> String {
    let text = format!("{figure:.digits$}");
    if digits > 0 || text.len() <= 4 {
        return text;
    }
    let mut grouped = String::new();
    for (place, digit) in text.chars().enumerate() {
        if place > 0 && (text.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
