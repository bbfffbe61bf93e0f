//! What became of every member of an occurrence, written page by page.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _, stdout};

use clap::ValueEnum;
use serde::Serialize;

use super::operate::{OperateError, show};
use crate::store::{BatchReport, LedgerError, OccurrenceView, ReportRow, Store};

/// Members read at once.
const PAGE: i64 = 1000;
/// Batches read at once, of 500 members at most.
const BATCHES: i64 = 20;
/// No member has this ID; everybody's is greater.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
const HEAD: [&str; 6] = ["member_id", "outcome", "code", "reason", "request_id", "at"];

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    /// How many of each.
    #[default]
    Summary,
    /// A line a member.
    Csv,
    /// One document with every member.
    Json,
}

/// What became of a member.
#[derive(Serialize)]
struct Line<'a> {
    member_id: &'a str,
    /// accepted, failed, `in_doubt`, excluded, waiting or `not_sent`.
    outcome: &'static str,
    /// The status with which LINE refused it.
    code: Option<i64>,
    reason: Option<&'a str>,
    request_id: Option<&'a str>,
    at: Option<String>,
}

impl<'a> Line<'a> {
    fn new(row: &'a ReportRow, occurrence: &OccurrenceView) -> Self {
        let outcome = match (&row.excluded, row.state.as_deref()) {
            (Some(_), _) => "excluded",
            (_, Some("accepted")) => "accepted",
            (_, Some("rejected")) => "failed",
            (_, Some("in_doubt")) => "in_doubt",
            _ if occurrence.finished_at.is_some() => "not_sent",
            _ => "waiting",
        };
        let reason = row.excluded.as_deref().or(row.reason.as_deref());
        Self {
            member_id: &row.member_id,
            outcome,
            code: row.code.filter(|_| outcome == "failed"),
            reason: reason.filter(|_| outcome != "accepted"),
            request_id: row.request_id.as_deref(),
            at: row.finished_at.map(show),
        }
    }
}

/// Writes the report to standard output; ten thousand members at a time are in memory.
pub(super) async fn write(
    store: &Store,
    occurrence: &OccurrenceView,
    format: Format,
) -> Result<(), OperateError> {
    if occurrence.forgotten_at.is_some() {
        eprintln!("push-msg: who got what was forgotten 31 days after it was over");
    }
    match format {
        Format::Summary => Ok(stdout().write_all(summary(occurrence).as_bytes())?),
        Format::Csv => write_csv(store, occurrence).await,
        Format::Json => write_json(store, occurrence).await,
    }
}

async fn write_csv(store: &Store, occurrence: &OccurrenceView) -> Result<(), OperateError> {
    let mut out = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(stdout());
    out.write_record(HEAD).map_err(std::io::Error::from)?;
    let mut pages = Pages::new(store, occurrence);
    while let Some(rows) = pages.next().await? {
        for row in &rows {
            let line = Line::new(row, occurrence);
            out.serialize(line).map_err(std::io::Error::from)?;
        }
    }
    Ok(out.flush()?)
}

async fn write_json(store: &Store, occurrence: &OccurrenceView) -> Result<(), OperateError> {
    let mut out = BufWriter::new(stdout());
    let head = serde_json::to_string(occurrence).map_err(std::io::Error::from)?;
    write!(out, "{{\"occurrence\":{head},\"members\":[")?;
    let (mut pages, mut separator) = (Pages::new(store, occurrence), "\n");
    while let Some(rows) = pages.next().await? {
        for row in &rows {
            let line = Line::new(row, occurrence);
            let line = serde_json::to_string(&line).map_err(std::io::Error::from)?;
            write!(out, "{separator}{line}")?;
            separator = ",\n";
        }
    }
    writeln!(out, "\n]}}")?;
    Ok(out.flush()?)
}

/// The members of an occurrence, page by page: those in batches, in the order of these, then those who are excluded.
struct Pages<'a> {
    store: &'a Store,
    occurrence: i64,
    /// The last batch, until there are no more.
    batch: Option<i64>,
    member: String,
}

impl<'a> Pages<'a> {
    fn new(store: &'a Store, occurrence: &OccurrenceView) -> Self {
        Self {
            store,
            occurrence: occurrence.id,
            batch: Some(-1),
            member: NOBODY.to_owned(),
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<ReportRow>>, LedgerError> {
        if let Some(after) = self.batch {
            let batches = self.store.report_batches(self.occurrence, after, BATCHES);
            let batches = batches.await?;
            self.batch = batches.last().map(|last| last.number);
            if !batches.is_empty() {
                let rows: Result<Vec<_>, _> = batches.iter().map(BatchReport::rows).collect();
                return Ok(Some(rows?.concat()));
            }
        }
        let rows = self
            .store
            .report(self.occurrence, &self.member, PAGE)
            .await?;
        let last = rows.last().map(|last| last.member_id.clone());
        self.member = last.unwrap_or_default();
        Ok((!rows.is_empty()).then_some(rows))
    }
}

fn summary(it: &OccurrenceView) -> String {
    let at = show(it.scheduled_at);
    let mut text = format!("{} of {at}: {}\n", it.campaign, it.standing());
    if let Some(reason) = &it.reason {
        let _ = writeln!(text, "{reason}");
    }
    let rows = [
        ("recipients", it.recipients),
        ("accepted by LINE", it.accepted),
        ("failed", it.failed),
        ("in doubt", it.in_doubt),
        ("waiting or not sent", it.waiting),
        ("excluded", it.excluded),
    ];
    for (what, count) in rows {
        let _ = writeln!(text, "{what:<20} {count:>9}");
    }
    text
}
