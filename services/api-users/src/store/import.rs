//! What a group of an import's rows means for the store.

use service_kit::Timestamp;
use uuid::Uuid;

use super::registration::Newcomer;
use crate::domain::Edit;
use crate::table::{CameTo, Decision, Refusal, came_to};

/// What is to be done in one transaction, and what each row comes to then.
pub(super) struct Work {
    newcomers: Vec<Newcomer>,
    /// What is done to whom, newcomers included.
    pub(super) edits: Vec<(Uuid, Vec<Edit>)>,
    /// The members who are changed.
    pub(super) changed: Vec<Uuid>,
    came_to: Vec<CameTo>,
}

impl Work {
    pub(super) fn new(decisions: Vec<Result<Decision, Refusal>>, now: Timestamp) -> Self {
        let mut work = Self {
            newcomers: Vec::new(),
            edits: Vec::new(),
            changed: Vec::new(),
            came_to: came_to(&decisions),
        };
        for decision in decisions.into_iter().flatten() {
            match decision {
                Decision::Create(candidate, edits) => {
                    let newcomer = Newcomer::new(*candidate, now);
                    work.edits.push((newcomer.member_id, edits));
                    work.newcomers.push(newcomer);
                }
                Decision::Change(member, edits) => {
                    work.edits.push((member, edits));
                    work.changed.push(member);
                }
                Decision::Unchanged => {}
            }
        }
        work
    }

    pub(super) fn newcomers(&self) -> Vec<&Newcomer> {
        self.newcomers.iter().collect()
    }

    /// What the rows came to, if this many became members. All must have: that they are strangers was seen under the
    /// same lock.
    pub(super) fn done(self, created: usize) -> Result<Vec<CameTo>, sqlx::Error> {
        if created == self.newcomers.len() {
            Ok(self.came_to)
        } else {
            Err(sqlx::Error::RowNotFound)
        }
    }
}
