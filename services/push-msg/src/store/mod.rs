//! The ledger: which occurrences there are, who gets them, and what LINE answered. Each method is one transaction, or a row
//! of them that may end anywhere.

mod batch;
mod either;
mod kept;
mod occurrence;
mod open;
mod plan;
mod postgres;
mod prune;
mod recipient;
mod sqlite;
mod view;

use service_kit::Timestamp;

pub(crate) use batch::{Batch, BatchState, Kind, NewBatch, Part, Pieces, Settlement, Tally};
pub(crate) use either::Store;
pub(crate) use occurrence::{Claim, Control, Occurrence, OccurrenceState};
pub use open::OpenError;
pub(crate) use plan::{Looked, Moments, Planned};
pub(crate) use prune::BODIES;
pub(crate) use recipient::Excluded;
pub(crate) use view::{BatchReport, Listing, OccurrenceView, Refusal, ReportRow, STANDINGS};

/// How a materialisation ended.
#[derive(Debug)]
pub(crate) struct Frozen<'a> {
    pub(crate) recipients: i64,
    pub(crate) excluded: i64,
    pub(crate) document: &'a str,
    pub(crate) digest: [u8; 32],
    /// Later than before, where some wait for the end of their quiet hours.
    pub(crate) not_after: Timestamp,
    /// How many occurrences with a cap were frozen when this one's cap was first judged; `None` if it has none.
    pub(crate) capped_after: Option<i64>,
}

/// Why the ledger did not do as asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LedgerError {
    /// The lease ran out and somebody else goes on; what this pusher believes is worth nothing any more.
    #[error("another pusher has taken the occurrence over")]
    Lost,
    /// An operator wants nothing more begun.
    #[error("an operator paused or cancelled it")]
    Stopped,
    /// What another campaign with a cap gives people was frozen after this one's cap was judged.
    #[error("another campaign with a cap was frozen meanwhile")]
    Overlapped,
    /// The store itself failed.
    #[error("the ledger failed")]
    Store(#[from] sqlx::Error),
    /// A row holds what this version cannot read.
    #[error("the ledger holds an unknown {0}")]
    Unreadable(&'static str),
}

/// Of what is done together nothing may be missing.
fn all_held(changed: u64, due: usize) -> Result<(), LedgerError> {
    held(u64::from(usize::try_from(changed) == Ok(due)))
}

/// A claim that changed no row is no claim any more.
fn held(changed: u64) -> Result<(), LedgerError> {
    if changed == 0 {
        Err(LedgerError::Lost)
    } else {
        Ok(())
    }
}
