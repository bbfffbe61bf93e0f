use service_kit::Timestamp;

use super::batch::BatchRow;
use super::{Batch, LedgerError, Pieces};
use crate::erased::Erased;

/// A batch whose bytes are still here.
pub(super) struct Kept {
    pub(super) batch: Batch,
    pub(super) occurrence: i64,
    scheduled_at: Timestamp,
    is_over: bool,
}

/// What is done about a batch that may name somebody who was erased.
pub(super) enum Doing {
    /// It names none of them.
    Nothing,
    /// It is over: its bytes go.
    Empty,
    /// LINE may have accepted it: whatever it is asked again must be the same bytes.
    Mark,
    /// LINE has certainly not accepted it: it leaves without them.
    TakeOut(Pieces),
}

impl Kept {
    pub(super) fn doing(&self, erased: &Erased) -> Doing {
        let Some(gone) = erased.named_in(&self.batch.body, self.scheduled_at) else {
            return Doing::Nothing;
        };
        if self.is_over {
            return Doing::Empty;
        }
        if !self.batch.is_new() {
            return Doing::Mark;
        }
        if gone.is_empty() {
            return Doing::Nothing;
        }
        Doing::TakeOut(self.batch.without(gone, "left"))
    }
}

/// The same as the database has it.
#[derive(sqlx::FromRow)]
pub(super) struct KeptRow {
    #[sqlx(flatten)]
    batch: BatchRow,
    occurrence_id: i64,
    #[sqlx(try_from = "i64")]
    scheduled_at: Timestamp,
    is_over: bool,
}

impl KeptRow {
    pub(super) fn read(self) -> Result<Kept, LedgerError> {
        Ok(Kept {
            batch: self.batch.read()?,
            occurrence: self.occurrence_id,
            scheduled_at: self.scheduled_at,
            is_over: self.is_over,
        })
    }
}
