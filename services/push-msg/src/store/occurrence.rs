use std::time::Duration;

use service_kit::Timestamp;

use super::LedgerError;

/// Where an occurrence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OccurrenceState {
    /// Due; its recipients are not known yet.
    Planned,
    /// Recipients and batches are frozen.
    Materialised,
    /// The first call was made.
    Sending,
    /// Waiting for quota.
    PausedQuota,
    /// Waiting for a token that LINE takes.
    PausedAuth,
    /// LINE accepted all of it.
    Sent,
    /// Over; LINE accepted a part, and it is known of everybody else that they got nothing.
    Partly,
    /// Over, and somebody has to look: some of it is in doubt, or none was accepted.
    NeedsAttention,
    /// An operator ended it.
    Cancelled,
    /// Nobody looked while it was due.
    Missed,
    /// It could not begin while it was due.
    Expired,
}

impl OccurrenceState {
    const ALL: [Self; 11] = [
        Self::Planned,
        Self::Materialised,
        Self::Sending,
        Self::PausedQuota,
        Self::PausedAuth,
        Self::Sent,
        Self::Partly,
        Self::NeedsAttention,
        Self::Cancelled,
        Self::Missed,
        Self::Expired,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Materialised => "materialised",
            Self::Sending => "sending",
            Self::PausedQuota => "paused_quota",
            Self::PausedAuth => "paused_auth",
            Self::Sent => "sent",
            Self::Partly => "partly",
            Self::NeedsAttention => "needs_attention",
            Self::Cancelled => "cancelled",
            Self::Missed => "missed",
            Self::Expired => "expired",
        }
    }

    fn parse(text: &str) -> Result<Self, LedgerError> {
        let mut all = Self::ALL.into_iter();
        all.find(|state| state.as_str() == text)
            .ok_or(LedgerError::Unreadable("occurrence state"))
    }
}

/// What an operator wants of an occurrence that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// Begin nothing new until it is resumed.
    Pause,
    /// Begin nothing new any more.
    Cancel,
}

impl Control {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Cancel => "cancel",
        }
    }
}

/// One moment at which a campaign is due.
#[derive(Debug, Clone)]
pub(crate) struct Occurrence {
    pub(crate) campaign: String,
    pub(crate) scheduled_at: Timestamp,
    /// No first call later than this.
    pub(crate) not_after: Timestamp,
    pub(crate) state: OccurrenceState,
    /// Why it waits.
    pub(crate) reason: Option<String>,
    pub(crate) begun_at: Option<Timestamp>,
    pub(crate) control: Option<Control>,
    /// Paused for want of quota until then.
    pub(crate) held_until: Option<Timestamp>,
    /// What it was frozen with.
    pub(crate) document: Option<String>,
}

/// The right to change an occurrence, until somebody else claims it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub(super) occurrence: i64,
    pub(super) attempt: i64,
    /// How long it holds without being extended.
    pub(crate) lease: Duration,
}

/// An occurrence as the database has it, and the attempt that owns it.
#[derive(sqlx::FromRow)]
pub(super) struct OccurrenceRow {
    campaign: String,
    #[sqlx(try_from = "i64")]
    scheduled_at: Timestamp,
    #[sqlx(try_from = "i64")]
    not_after: Timestamp,
    state: String,
    reason: Option<String>,
    begun_at: Option<i64>,
    control: Option<String>,
    held_until: Option<i64>,
    document: Option<String>,
    attempt: i64,
}

impl OccurrenceRow {
    pub(super) fn read(self, id: i64, lease: Duration) -> Result<(Claim, Occurrence), LedgerError> {
        let claim = Claim {
            occurrence: id,
            attempt: self.attempt,
            lease,
        };
        let occurrence = Occurrence {
            campaign: self.campaign,
            scheduled_at: self.scheduled_at,
            not_after: self.not_after,
            state: OccurrenceState::parse(&self.state)?,
            reason: self.reason,
            begun_at: self.begun_at.map(Timestamp::from_millis),
            control: match self.control.as_deref() {
                None => None,
                Some("pause") => Some(Control::Pause),
                Some("cancel") => Some(Control::Cancel),
                Some(_) => return Err(LedgerError::Unreadable("control")),
            },
            held_until: self.held_until.map(Timestamp::from_millis),
            document: self.document,
        };
        Ok((claim, occurrence))
    }
}
