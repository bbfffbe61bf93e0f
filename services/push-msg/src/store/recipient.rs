use uuid::Uuid;

/// A member as they are frozen.
pub(crate) struct NewRecipient {
    pub(crate) member: Uuid,
    /// The number of their batch.
    pub(crate) batch: Option<i64>,
    /// Why they have none.
    pub(crate) excluded: Option<String>,
}

/// Recipients as lists, one a column: a statement takes them all.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) members: Vec<String>,
    pub(super) batches: Vec<Option<i64>>,
    pub(super) excluded: Vec<Option<String>>,
}

impl Columns {
    pub(super) fn of(recipients: &[NewRecipient]) -> Self {
        let mut columns = Self::default();
        for recipient in recipients {
            columns.members.push(recipient.member.to_string());
            columns.batches.push(recipient.batch);
            columns.excluded.push(recipient.excluded.clone());
        }
        columns
    }

    /// The same as JSON: a list of lists of three.
    pub(super) fn to_json(&self) -> String {
        let rows: Vec<_> = (0..self.members.len())
            .map(|at| (&self.members[at], self.batches[at], &self.excluded[at]))
            .collect();
        serde_json::to_string(&rows).expect("texts and numbers always serialise")
    }
}

/// Member IDs as a JSON list.
pub(super) fn json(members: &[Uuid]) -> String {
    serde_json::to_string(members).expect("IDs always serialise")
}

/// Member IDs as texts.
pub(super) fn texts(members: &[Uuid]) -> Vec<String> {
    members.iter().map(Uuid::to_string).collect()
}
