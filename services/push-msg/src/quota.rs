//! The month's quota: read before the first call, set aside for what is about to be sent, and never gone beyond.

use chrono::{DateTime, Datelike as _, Months, NaiveDate, TimeZone as _};
use chrono_tz::{Asia, Tz};
use line_api::messaging::Error;
use service_kit::{Timestamp, telemetry};

use crate::campaign::{Campaign, OverQuota};
use crate::dispatch::Halt;
use crate::pusher::Pusher;
use crate::store::{Batch, Claim, LedgerError};

/// Where LINE counts its months.
const LINE_ZONE: Tz = Asia::Tokyo;
/// Batches that are looked at together.
const PAGE: i64 = 20;

/// When the month of this moment began and when the next begins, by LINE's clock.
pub(crate) fn month(now: Timestamp) -> (Timestamp, Timestamp) {
    let moment = DateTime::from_timestamp_millis(now.as_millis()).unwrap_or_default();
    let wall = moment.with_timezone(&LINE_ZONE).date_naive();
    let first = wall.with_day(1).unwrap_or(wall);
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    (midnight(first), midnight(next))
}

fn midnight(day: NaiveDate) -> Timestamp {
    let wall = day.and_hms_opt(0, 0, 0).unwrap_or_default();
    let moment = LINE_ZONE.from_local_datetime(&wall).earliest();
    Timestamp::from_millis(moment.map_or(0, |moment| moment.timestamp_millis()))
}

impl Pusher {
    /// Why what waits must not be begun, if so. Sets the quota for it aside otherwise.
    pub(crate) async fn quota_refusal(
        &self,
        claim: &Claim,
        campaign: Option<&Campaign>,
        need: i64,
    ) -> Result<Option<Halt>, LedgerError> {
        let now = self.clock.now();
        let held_until = self.store.quota_held_until().await?;
        if now < held_until {
            return Ok(Some(Halt::NoQuota(held_until)));
        }
        let (month, next_month) = month(now);
        let (limit, used) = match self.ask_quota().await {
            Ok(None) => return Ok(None),
            Ok(Some(quota)) => quota,
            Err(error) if error.is_transient() => return Ok(Some(Halt::Failing)),
            Err(error) => {
                self.line.shut_out(now, error.to_string()).await;
                return Ok(Some(Halt::NoEntry(error.to_string())));
            }
        };
        // LINE's figure lags behind; ours knows nothing of what others send on this channel.
        let ours = self.store.accepted_since(month).await?;
        let used = i64::try_from(used).unwrap_or(i64::MAX).max(ours);
        let left = i64::try_from(limit)
            .unwrap_or(i64::MAX)
            .saturating_sub(used);
        let left = self.store.reserve(claim, left, need).await?;
        if left >= need {
            return Ok(None);
        }
        let policy = campaign.map_or(OverQuota::Refuse, Campaign::over_quota);
        if policy == OverQuota::Refuse || left == 0 {
            let until = next_month;
            return Ok(Some(Halt::ShortOf { left, need, until }));
        }
        self.cut(claim, left).await?;
        self.store.reserve(claim, left, left).await?;
        Ok(None)
    }

    async fn ask_quota(&self) -> Result<Option<(u64, u64)>, Error> {
        let mut tries = 0;
        loop {
            let answer = self.line.quota().await;
            tries += 1;
            match &answer {
                Err(Error::Unauthorized(_))
                    if tries < self.backoff.attempts && self.line.renew_token().await => {}
                Err(error) if tries < self.backoff.attempts && error.is_transient() => {
                    let (wait, error) = (self.backoff.wait(tries), telemetry::chain(error));
                    tracing::info!(error, "LINE is asked again in {wait:.0?}");
                    tokio::time::sleep(wait).await;
                }
                _ => return answer,
            }
        }
    }

    /// Leaves out everybody beyond the first `count` of those who wait.
    async fn cut(&self, claim: &Claim, count: i64) -> Result<(), LedgerError> {
        let mut left = usize::try_from(count).unwrap_or(0);
        let mut beyond = Vec::new();
        let mut last = -1;
        loop {
            let batches = self.waiting(claim, last, PAGE).await?;
            let Some(end) = batches.last() else { break };
            last = end.number;
            for batch in batches.iter().filter(|batch| batch.is_new()) {
                let stays = batch.members.len().min(left);
                left -= stays;
                if stays < batch.members.len() {
                    beyond.push((batch.number, stays));
                }
            }
        }
        for (number, stays) in beyond {
            for batch in self.waiting(claim, number - 1, 1).await? {
                let out = (stays..batch.members.len()).collect();
                let pieces = batch.without(out, "beyond the month's quota");
                let now = self.clock.now();
                self.store.reshape(claim, &batch, &pieces, now).await?;
            }
        }
        Ok(())
    }

    /// What is not over, whether it waits for the end of quiet hours or not.
    async fn waiting(
        &self,
        claim: &Claim,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Batch>, LedgerError> {
        let ever = Timestamp::from_millis(i64::MAX);
        self.store.next_batches(claim, after, ever, limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_turn_at_midnight_in_tokyo() {
        let at = |text: &str| {
            let moment = DateTime::parse_from_rfc3339(text).unwrap();
            Timestamp::from_millis(moment.timestamp_millis())
        };
        let november = (
            at("2026-11-01T00:00:00+09:00"),
            at("2026-12-01T00:00:00+09:00"),
        );
        assert_eq!(month(at("2026-11-30T14:59:59Z")), november);
        assert_eq!(month(at("2026-10-31T15:00:00Z")), november);
        assert_eq!(month(at("2026-11-30T15:00:00Z")).0, november.1);
    }
}
