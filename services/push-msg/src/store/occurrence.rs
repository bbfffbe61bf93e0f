use std::time::Duration;

use service_kit::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, query, query_scalar};

use super::{LedgerError, Store, held};

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
    /// Over, and not all of it was accepted.
    NeedsAttention,
    /// Nobody looked while it was due.
    Missed,
    /// It could not begin while it was due.
    Expired,
}

impl OccurrenceState {
    const ALL: [Self; 9] = [
        Self::Planned,
        Self::Materialised,
        Self::Sending,
        Self::PausedQuota,
        Self::PausedAuth,
        Self::Sent,
        Self::NeedsAttention,
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
            Self::NeedsAttention => "needs_attention",
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

/// One moment at which a campaign is due.
#[derive(Debug, Clone)]
pub(crate) struct Occurrence {
    pub(crate) campaign: String,
    pub(crate) scheduled_at: Timestamp,
    /// No first call later than this.
    pub(crate) not_after: Timestamp,
    pub(crate) state: OccurrenceState,
    pub(crate) begun_at: Option<Timestamp>,
}

/// The right to change an occurrence, until somebody else claims it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub(super) occurrence: i64,
    pub(super) attempt: i64,
}

impl Store {
    /// The occurrences that are not over, oldest first.
    pub(crate) async fn open_occurrences(&self) -> Result<Vec<i64>, LedgerError> {
        let rows = query_scalar(
            "select occurrence_id from occurrence where finished_at is null
             order by scheduled_at, occurrence_id",
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows)
    }

    /// Takes an occurrence for `lease`, unless somebody has it or it is over.
    pub(crate) async fn claim(
        &self,
        id: i64,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<(Claim, Occurrence)>, LedgerError> {
        let row = query(
            "update occurrence set attempt = attempt + 1, lease_until = $3
             where occurrence_id = $1 and finished_at is null and lease_until <= $2
             returning campaign, scheduled_at, not_after, state, begun_at, attempt",
        )
        .bind(id)
        .bind(now.as_millis())
        .bind((now + lease).as_millis())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let claim = Claim {
            occurrence: id,
            attempt: row.try_get("attempt")?,
        };
        Ok(Some((claim, occurrence(&row)?)))
    }

    /// Gives the occurrence back before the lease runs out.
    pub(crate) async fn release(&self, claim: &Claim) -> Result<(), LedgerError> {
        query("update occurrence set lease_until = 0 where occurrence_id = $1 and attempt = $2")
            .bind(claim.occurrence)
            .bind(claim.attempt)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Records why it waits, or (with [`OccurrenceState::Sending`]) that it does not any more.
    pub(crate) async fn set_state(
        &self,
        claim: &Claim,
        state: OccurrenceState,
        reason: Option<&str>,
    ) -> Result<(), LedgerError> {
        let changed = query(
            "update occurrence set state = $3, reason = $4
             where occurrence_id = $1 and attempt = $2 and finished_at is null",
        )
        .bind(claim.occurrence)
        .bind(claim.attempt)
        .bind(state.as_str())
        .bind(reason)
        .execute(&self.pool)
        .await?
        .rows_affected();
        held(changed)
    }

    /// Records how it ended.
    pub(crate) async fn finish(
        &self,
        claim: &Claim,
        state: OccurrenceState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let changed = query(
            "update occurrence set state = $3, reason = $4, finished_at = $5
             where occurrence_id = $1 and attempt = $2 and finished_at is null",
        )
        .bind(claim.occurrence)
        .bind(claim.attempt)
        .bind(state.as_str())
        .bind(reason)
        .bind(now.as_millis())
        .execute(&self.pool)
        .await?
        .rows_affected();
        held(changed)
    }
}

fn occurrence(row: &SqliteRow) -> Result<Occurrence, LedgerError> {
    let time = Timestamp::from_millis;
    Ok(Occurrence {
        campaign: row.try_get("campaign")?,
        scheduled_at: time(row.try_get("scheduled_at")?),
        not_after: time(row.try_get("not_after")?),
        state: OccurrenceState::parse(row.try_get("state")?)?,
        begun_at: row.try_get::<Option<i64>, _>("begun_at")?.map(time),
    })
}
