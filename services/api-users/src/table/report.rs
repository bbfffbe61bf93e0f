use serde::Serialize;
use utoipa::ToSchema;

use super::decision::ColumnError;
use super::{CameTo, Outcome, Refusal};

/// A line of the report of an import: of a row, or the last one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ReportLine {
    Row(RowReport),
    End(ReportEnd),
}

/// What a row came to. None of its values is repeated.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowReport {
    /// The line on which the row begins; the header is on the first.
    #[schema(minimum = 2, examples(2))]
    line: u64,
    outcome: Outcome,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    /// The line on which the person was named before.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_line: Option<u64>,
    /// The columns that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ColumnError>,
}

/// Why nothing of a row is done.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// Some of its columns are wrong.
    Invalid,
    /// Another row before it names the same person.
    Duplicate,
    /// The person was erased lately, and only they can come back.
    Erased,
    /// The member is leaving.
    Leaving,
}

/// The last line of a report; one without it broke off.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportEnd {
    summary: Report,
}

/// How many rows came to what.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(crate) struct Report {
    /// Whether nothing was done.
    pub(crate) dry_run: bool,
    pub(crate) rows: u64,
    pub(crate) created: u64,
    pub(crate) changed: u64,
    pub(crate) unchanged: u64,
    pub(crate) refused: u64,
}

impl Report {
    pub(crate) fn new(dry_run: bool) -> Self {
        Self {
            dry_run,
            ..Self::default()
        }
    }

    /// Counts a row, and tells of it.
    pub(crate) fn add(&mut self, line: u64, came_to: CameTo) -> ReportLine {
        let (outcome, refusal) = match came_to {
            Ok(outcome) => (outcome, None),
            Err(refusal) => (Outcome::Refused, Some(refusal)),
        };
        self.rows += 1;
        *match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Changed => &mut self.changed,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Refused => &mut self.refused,
        } += 1;
        let (reason, first_line, errors) = match refusal {
            None => (None, None, Vec::new()),
            Some(Refusal::Invalid(errors)) => (Some(Reason::Invalid), None, errors),
            Some(Refusal::Duplicate(first)) => (Some(Reason::Duplicate), Some(first), Vec::new()),
            Some(Refusal::Erased) => (Some(Reason::Erased), None, Vec::new()),
            Some(Refusal::Leaving) => (Some(Reason::Leaving), None, Vec::new()),
        };
        ReportLine::Row(RowReport {
            line,
            outcome,
            reason,
            first_line,
            errors,
        })
    }

    /// The last line.
    pub(crate) fn end(self) -> ReportLine {
        ReportLine::End(ReportEnd { summary: self })
    }
}
