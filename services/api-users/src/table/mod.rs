//! Members as a table: what operators import and export with a spreadsheet. Pure: it decides, and others do.

mod cell;
mod column;
mod decision;
mod file;
mod report;
mod row;
mod sheet;
#[cfg(test)]
mod tests;

pub(crate) use decision::{CameTo, Decision, Outcome, Refusal, Standing, came_to, decide};
pub(crate) use file::{Entry, Table};
pub(crate) use report::{Report, ReportLine};
pub(crate) use row::Row;
pub(crate) use sheet::{Names, Sheet};
