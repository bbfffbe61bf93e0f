use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use line_api::messaging::RetryKey;
use service_kit::Timestamp;
use sqlx::{Row as _, query};
use uuid::Uuid;

use super::{Claim, LedgerError, Store, held};

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchState {
    /// LINE certainly has not accepted it.
    Planned,
    /// LINE may have accepted it: the same bytes and key are sent until it says so.
    Attempting,
    /// LINE answered 2xx or 409.
    Accepted,
    /// LINE refused it for what it holds.
    Rejected,
    /// LINE refused it for want of quota.
    PausedQuota,
    /// LINE refused the token.
    PausedAuth,
    /// LINE may have accepted it, and the key is too old to ask. Never sent again by itself.
    InDoubt,
}

impl BatchState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Attempting => "attempting",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::PausedQuota => "paused_quota",
            Self::PausedAuth => "paused_auth",
            Self::InDoubt => "in_doubt",
        }
    }

    fn is_final(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected | Self::InDoubt)
    }
}

/// One call to make, as it was stored before the first attempt.
pub(crate) struct Batch {
    pub(crate) id: i64,
    pub(crate) number: i64,
    pub(crate) recipients: i64,
    pub(crate) body: Vec<u8>,
    pub(crate) retry_key: RetryKey,
    /// Attempts of which nobody knows whether LINE accepted them.
    pub(crate) unanswered: i64,
    pub(crate) first_attempt_at: Option<Timestamp>,
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("number", &self.number)
            .field("recipients", &self.recipients)
            .finish_non_exhaustive()
    }
}

/// What an attempt came to.
#[derive(Debug)]
pub(crate) struct Settlement<'a> {
    pub(crate) state: BatchState,
    pub(crate) unanswered: i64,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) reason: Option<&'a str>,
}

/// An occurrence's batches by their state, in recipients.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) accepted: i64,
    pub(crate) rejected: i64,
    pub(crate) in_doubt: i64,
    /// May have been accepted; to be asked again.
    pub(crate) attempting: i64,
    /// Certainly not accepted yet.
    pub(crate) waiting: i64,
}

impl Tally {
    /// Whether LINE took nothing on for certain, and refused nothing for good: as if it had never begun.
    pub(crate) fn is_untouched(&self) -> bool {
        self.accepted + self.rejected + self.in_doubt + self.attempting == 0
    }
}

impl Store {
    /// The first batch after number `after` that is not over.
    pub(crate) async fn next_batch(
        &self,
        claim: &Claim,
        after: i64,
    ) -> Result<Option<Batch>, LedgerError> {
        let row = query(
            "select batch_id, number, recipients, body, body_sha256, retry_key, unanswered, first_attempt_at
             from batch where occurrence_id = $1 and number > $2 and finished_at is null
             order by number limit 1",
        )
        .bind(claim.occurrence)
        .bind(after)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let body: Vec<u8> = row.try_get("body")?;
        if digest(&SHA256, &body).as_ref() != row.try_get::<&[u8], _>("body_sha256")? {
            return Err(LedgerError::Unreadable("batch body"));
        }
        let key = Uuid::try_parse(row.try_get("retry_key")?)
            .map_err(|_| LedgerError::Unreadable("retry key"))?;
        Ok(Some(Batch {
            id: row.try_get("batch_id")?,
            number: row.try_get("number")?,
            recipients: row.try_get("recipients")?,
            body,
            retry_key: RetryKey::new(key),
            unanswered: row.try_get("unanswered")?,
            first_attempt_at: row
                .try_get::<Option<i64>, _>("first_attempt_at")?
                .map(Timestamp::from_millis),
        }))
    }

    /// Records that a call is about to be made; from here on LINE may have accepted it. Keeps the claim alive.
    pub(crate) async fn begin_attempt(
        &self,
        claim: &Claim,
        batch: &mut Batch,
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), LedgerError> {
        let mut tx = self.pool.begin().await?;
        let changed = query(
            "update occurrence set state = 'sending', reason = null, lease_until = $4,
                    begun_at = coalesce(begun_at, $3)
             where occurrence_id = $1 and attempt = $2 and finished_at is null",
        )
        .bind(claim.occurrence)
        .bind(claim.attempt)
        .bind(now.as_millis())
        .bind((now + lease).as_millis())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        held(changed)?;
        let changed = query(
            "update batch set state = 'attempting', attempts = attempts + 1, unanswered = unanswered + 1,
                    first_attempt_at = coalesce(first_attempt_at, $2), last_attempt_at = $2
             where batch_id = $1 and finished_at is null and retry_key = $3",
        )
        .bind(batch.id)
        .bind(now.as_millis())
        .bind(batch.retry_key.to_string())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        held(changed)?;
        tx.commit().await?;
        batch.unanswered += 1;
        batch.first_attempt_at = batch.first_attempt_at.or(Some(now));
        Ok(())
    }

    /// Records what an attempt came to. An accepted batch forgets whom it reached: the ledger keeps their member IDs.
    pub(crate) async fn settle(
        &self,
        claim: &Claim,
        batch: &Batch,
        settlement: &Settlement<'_>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let finished_at = settlement.state.is_final().then_some(now.as_millis());
        let changed = query(
            "update batch set state = $3, unanswered = $4, request_id = coalesce($5, request_id), reason = $6,
                    finished_at = $7, body = case when $3 = 'accepted' then null else body end
             where batch_id = $1 and finished_at is null
               and (select attempt from occurrence where occurrence_id = batch.occurrence_id) = $2",
        )
        .bind(batch.id)
        .bind(claim.attempt)
        .bind(settlement.state.as_str())
        .bind(settlement.unanswered)
        .bind(settlement.request_id)
        .bind(settlement.reason)
        .bind(finished_at)
        .execute(&self.pool)
        .await?
        .rows_affected();
        held(changed)
    }

    /// Where the occurrence's recipients stand.
    pub(crate) async fn tally(&self, claim: &Claim) -> Result<Tally, LedgerError> {
        let rows = query(
            "select state, sum(recipients) as recipients from batch where occurrence_id = $1 group by state",
        )
        .bind(claim.occurrence)
        .fetch_all(&self.pool)
        .await?;
        let mut tally = Tally::default();
        for row in rows {
            let recipients: i64 = row.try_get("recipients")?;
            match row.try_get("state")? {
                "accepted" => tally.accepted += recipients,
                "rejected" => tally.rejected += recipients,
                "in_doubt" => tally.in_doubt += recipients,
                "attempting" => tally.attempting += recipients,
                _ => tally.waiting += recipients,
            }
        }
        Ok(tally)
    }
}
