use std::fmt;

use service_kit::Timestamp;

use crate::campaign::Zone;

/// What one run did. Holds nobody's data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunReport {
    /// Campaign documents that were read.
    pub campaigns: u64,
    /// Occurrences that became due.
    pub due: u64,
    /// Occurrences that came and went while nobody looked.
    pub missed: u64,
    /// Occurrences whose recipients were frozen.
    pub materialised: u64,
    /// Occurrences of which LINE accepted everything.
    pub sent: u64,
    /// Members frozen as recipients.
    pub recipients: u64,
    /// Members left out.
    pub excluded: u64,
    /// Calls made to send.
    pub calls: u64,
    /// Batches that LINE accepted.
    pub batches_accepted: u64,
    /// Recipients in them. LINE says accepted, never delivered.
    pub recipients_accepted: u64,
    /// Batches that LINE refused for what they hold.
    pub batches_rejected: u64,
    /// Batches of which nobody will know.
    pub batches_in_doubt: u64,
    /// What an operator should look at.
    pub attention: Vec<Attention>,
}

/// Something that an operator should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// The campaign or its file.
    pub subject: String,
    /// What is the matter.
    pub matter: String,
}

impl RunReport {
    /// Whether nobody needs to look.
    pub fn is_fine(&self) -> bool {
        self.attention.is_empty()
    }

    /// Counts what came of a part of the run.
    pub(crate) fn add(&mut self, part: &Self) {
        self.calls += part.calls;
        self.batches_accepted += part.batches_accepted;
        self.recipients_accepted += part.recipients_accepted;
        self.batches_rejected += part.batches_rejected;
        self.batches_in_doubt += part.batches_in_doubt;
    }

    /// LINE accepted a batch for so many.
    pub(crate) fn accept(&mut self, recipients: usize) {
        self.batches_accepted += 1;
        self.recipients_accepted += recipients as u64;
    }

    pub(crate) fn attend(&mut self, subject: impl Into<String>, matter: impl Into<String>) {
        let (subject, matter) = (subject.into(), matter.into());
        tracing::warn!(subject, "{subject}: {matter}");
        self.remind(subject, matter);
    }

    /// The same of what was logged when it began: a scheduler looks every ten seconds.
    pub(crate) fn remind(&mut self, subject: impl Into<String>, matter: impl Into<String>) {
        let (subject, matter) = (subject.into(), matter.into());
        self.attention.push(Attention { subject, matter });
    }
}

/// An occurrence as operators call it: the campaign and the moment, in UTC where the campaign's zone is not known.
pub(crate) fn subject(campaign: &str, at: Timestamp, zone: Option<Zone>) -> String {
    let zone = zone.unwrap_or(Zone::Named(chrono_tz::UTC));
    format!("{campaign} of {}", zone.show(at))
}

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = [
            ("campaigns", self.campaigns),
            ("occurrences due", self.due),
            ("occurrences missed", self.missed),
            ("occurrences sent", self.sent),
            ("recipients frozen", self.recipients),
            ("recipients left out", self.excluded),
            ("calls to LINE", self.calls),
            ("batches accepted", self.batches_accepted),
            ("batches rejected", self.batches_rejected),
            ("batches in doubt", self.batches_in_doubt),
            ("recipients accepted", self.recipients_accepted),
        ];
        for (what, count) in lines {
            writeln!(f, "{what:<20} {count:>8}")?;
        }
        for Attention { subject, matter } in &self.attention {
            writeln!(f, "! {subject}: {matter}")?;
        }
        Ok(())
    }
}
