use serde::Serialize;
use uuid::Uuid;

use super::LedgerError;
use super::batch::members;

/// An occurrence as operators see it. Counts are of members; LINE says accepted, never delivered.
#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub(crate) struct OccurrenceView {
    /// What commands call it by.
    pub(crate) id: i64,
    pub(crate) campaign: String,
    /// In milliseconds, as every time here.
    pub(crate) scheduled_at: i64,
    pub(crate) state: String,
    pub(crate) control: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) recipients: i64,
    pub(crate) excluded: i64,
    pub(crate) accepted: i64,
    pub(crate) failed: i64,
    pub(crate) in_doubt: i64,
    /// Neither accepted nor refused for good.
    pub(crate) waiting: i64,
    /// When what waits for the end of quiet hours goes on.
    pub(crate) next_at: Option<i64>,
    pub(crate) held_until: Option<i64>,
    pub(crate) begun_at: Option<i64>,
    pub(crate) finished_at: Option<i64>,
    /// When it was forgotten who got what.
    pub(crate) forgotten_at: Option<i64>,
}

/// Where an occurrence may stand that was not sent whole, in a word: its state, or what an operator wants of it.
pub(crate) const STANDINGS: [&str; 12] = [
    "planned",
    "materialised",
    "sending",
    "paused_quota",
    "paused_auth",
    "paused",
    "cancelling",
    "partly",
    "needs_attention",
    "cancelled",
    "missed",
    "expired",
];

impl OccurrenceView {
    /// Where it stands, in a word.
    pub(crate) fn standing(&self) -> &str {
        match self.control.as_deref() {
            _ if self.finished_at.is_some() => &self.state,
            Some("pause") => "paused",
            Some("cancel") => "cancelling",
            _ => &self.state,
        }
    }
}

/// What became of one member.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct ReportRow {
    pub(crate) member_id: String,
    pub(crate) excluded: Option<String>,
    /// Of their batch.
    pub(crate) state: Option<String>,
    pub(crate) code: Option<i64>,
    pub(crate) reason: Option<String>,
    /// LINE's name for the request that it accepted or refused.
    pub(crate) request_id: Option<String>,
    pub(crate) finished_at: Option<i64>,
}

/// What became of those in a batch.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct BatchReport {
    pub(crate) number: i64,
    members: Vec<u8>,
    state: String,
    code: Option<i64>,
    reason: Option<String>,
    request_id: Option<String>,
    finished_at: Option<i64>,
}

impl BatchReport {
    /// Each of them.
    pub(crate) fn rows(&self) -> Result<Vec<ReportRow>, LedgerError> {
        let row = |member: Uuid| ReportRow {
            member_id: member.to_string(),
            excluded: None,
            state: Some(self.state.clone()),
            code: self.code,
            reason: self.reason.clone(),
            request_id: self.request_id.clone(),
            finished_at: self.finished_at,
        };
        Ok(members(&self.members)?.into_iter().map(row).collect())
    }
}

/// Which occurrences are listed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Listing<'a> {
    pub(crate) campaign: Option<&'a str>,
    /// Those that are over as well.
    pub(crate) all: bool,
    pub(crate) id: Option<i64>,
    /// The latest, so many at most.
    pub(crate) limit: i64,
}

/// Why an operator's wish was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it is over")]
    Over,
    #[error("it is not over; what waits goes on by itself")]
    NotOver,
    #[error("its bytes were forgotten a day after it was over")]
    Forgotten,
    #[error("there is nothing in it that could be sent again")]
    Nothing,
}
