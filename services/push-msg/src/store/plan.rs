use std::time::Duration;

use service_kit::Timestamp;
use sqlx::{query, query_scalar};

use super::{LedgerError, OccurrenceState, Store};

/// What a look at a schedule added to the ledger.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Planned {
    /// Occurrences to be sent.
    pub(crate) due: u64,
    /// Occurrences that came and went while nobody looked.
    pub(crate) missed: u64,
}

impl Store {
    /// How far the campaign's schedule has been looked at.
    pub(crate) async fn seen_until(
        &self,
        campaign: &str,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let seen: Option<i64> = query_scalar("select seen_until from campaign where campaign = $1")
            .bind(campaign)
            .fetch_optional(&self.pool)
            .await?;
        Ok(seen.map(Timestamp::from_millis))
    }

    /// Adds the occurrences of these moments, each once however often it is named. Those whose time to begin is over
    /// are recorded as missed.
    pub(crate) async fn plan(
        &self,
        campaign: &str,
        moments: &[Timestamp],
        not_after: Duration,
        now: Timestamp,
    ) -> Result<Planned, LedgerError> {
        let mut planned = Planned::default();
        let mut tx = self.pool.begin().await?;
        for moment in moments {
            let last = *moment + not_after;
            let is_missed = last < now;
            let (state, reason, finished_at) = if is_missed {
                let reason = "no run looked while it was due";
                (OccurrenceState::Missed, Some(reason), Some(now.as_millis()))
            } else {
                (OccurrenceState::Planned, None, None)
            };
            let inserted = query(
                "insert into occurrence (campaign, scheduled_at, not_after, state, reason, finished_at)
                 values ($1, $2, $3, $4, $5, $6)
                 on conflict (campaign, scheduled_at) do nothing",
            )
            .bind(campaign)
            .bind(moment.as_millis())
            .bind(last.as_millis())
            .bind(state.as_str())
            .bind(reason)
            .bind(finished_at)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if is_missed {
                planned.missed += inserted;
            } else {
                planned.due += inserted;
            }
        }
        query(
            "insert into campaign (campaign, seen_until) values ($1, $2)
             on conflict (campaign) do update set seen_until = max(seen_until, excluded.seen_until)",
        )
        .bind(campaign)
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(planned)
    }
}
