//! One occurrence, as far as it goes: frozen, sent, and declared over.

use std::fmt::Write as _;

use service_kit::{Timestamp, telemetry};

use crate::campaign::{Campaign, Folder};
use crate::dispatch::{Halt, Sending, is_spent};
use crate::freeze::FreezeError;
use crate::pusher::{Pusher, Run};
use crate::report::subject;
use crate::store::{Claim, Control, LedgerError, Occurrence, OccurrenceState, Tally};

impl Pusher {
    /// Takes the occurrence and brings it as far as it goes; answers what stopped it, if anything did.
    pub(crate) async fn advance(
        &self,
        occurrence: i64,
        folder: &Folder,
        run: &mut Run<'_>,
    ) -> Result<Option<Halt>, LedgerError> {
        let now = self.clock.now();
        let Some((claim, occurrence)) = self.store.claim(occurrence, now, self.lease).await? else {
            return Ok(None);
        };
        let frozen = occurrence.document.as_deref().map(Campaign::parse);
        let frozen = frozen.transpose().ok().flatten();
        let campaign = frozen
            .as_ref()
            .or_else(|| folder.campaigns.get(&occurrence.campaign));
        let flow = tokio::select! {
            flow = self.advance_claimed(&claim, &occurrence, campaign, run) => flow,
            lost = self.keep(&claim) => Err(lost),
        };
        self.store.release(&claim).await?;
        flow
    }

    /// Keeps the claim alive through waits; comes back when it is lost.
    async fn keep(&self, claim: &Claim) -> LedgerError {
        loop {
            tokio::time::sleep(claim.lease / 3).await;
            match self.store.extend(claim, self.clock.now()).await {
                Ok(()) => {}
                Err(LedgerError::Lost) => return LedgerError::Lost,
                // The lease still runs, and whatever is done next asks the ledger itself.
                Err(error) => tracing::warn!(%error, "the lease cannot be extended"),
            }
        }
    }

    async fn advance_claimed(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        campaign: Option<&Campaign>,
        run: &mut Run<'_>,
    ) -> Result<Option<Halt>, LedgerError> {
        let zone = campaign.map(|campaign| campaign.schedule().zone());
        let name = subject(&occurrence.campaign, occurrence.scheduled_at, zone);
        let now = self.clock.now();
        if now > occurrence.not_after && self.store.tally(claim).await?.is_untouched() {
            let (state, reason) = match occurrence.state {
                OccurrenceState::Planned => {
                    (OccurrenceState::Missed, "it could not be prepared in time")
                }
                _ => (
                    OccurrenceState::Expired,
                    "it could not begin in time; nothing was sent",
                ),
            };
            run.report.attend(&name, reason);
            run.report.missed += u64::from(state == OccurrenceState::Missed);
            self.store.finish(claim, state, Some(reason), now).await?;
            return Ok(None);
        }
        if occurrence.state == OccurrenceState::Planned {
            if occurrence.control.is_some() {
                return Ok(Some(Halt::Operator));
            }
            let Some(campaign) = campaign else {
                run.report
                    .attend(&name, "its campaign file is gone or wrong");
                return Ok(None);
            };
            let stop = run.stop.clone();
            let frozen = tokio::select! {
                frozen = self.freeze_patiently(claim, occurrence, campaign, run) => frozen,
                () = stop.cancelled() => {
                    self.store.thaw(claim).await?;
                    return Ok(Some(Halt::Stopping));
                }
            };
            match frozen {
                Ok(()) => {}
                Err(FreezeError::Ledger(error)) => return Err(error),
                Err(error) => {
                    run.report.attend(&name, telemetry::chain(&error));
                    return Ok(None);
                }
            }
        }
        let halt = self
            .check_and_send(claim, occurrence, campaign, &name, run)
            .await?;
        self.close(claim, occurrence, &name, halt.as_ref(), run)
            .await?;
        Ok(halt)
    }

    /// Freezes it, and tries again where the members' API does not answer: a pod's way to it may open late.
    async fn freeze_patiently(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        campaign: &Campaign,
        run: &mut Run<'_>,
    ) -> Result<(), FreezeError> {
        let mut tries = 0;
        loop {
            let frozen = self
                .freeze(claim, occurrence, campaign, &mut run.report)
                .await;
            tries += 1;
            match frozen {
                // What somebody else froze meanwhile counts for the cap: from the beginning.
                Err(FreezeError::Ledger(LedgerError::Overlapped)) => tries -= 1,
                Err(FreezeError::Audience(error)) if tries < self.backoff.attempts => {
                    let (wait, error) = (self.backoff.wait(tries), telemetry::chain(&error));
                    tracing::info!(
                        error,
                        campaign = occurrence.campaign,
                        "the members' API is asked again in {wait:.0?}"
                    );
                    tokio::time::sleep(wait).await;
                }
                frozen => return frozen,
            }
        }
    }

    /// Looks whether anything new may be begun, then sends.
    async fn check_and_send(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        campaign: Option<&Campaign>,
        name: &str,
        run: &mut Run<'_>,
    ) -> Result<Option<Halt>, LedgerError> {
        let tally = self.store.tally(claim).await?;
        if tally.waiting + tally.attempting == 0 {
            return Ok(None);
        }
        let refusal = self.refusal(claim, occurrence, campaign, &tally).await?;
        if let Some(Halt::Failing) = refusal {
            return Ok(refusal);
        }
        let edition = campaign.and_then(|campaign| {
            let edition = campaign.edition(occurrence.scheduled_at).ok()?;
            Some((campaign, edition))
        });
        let total = tally.waiting + tally.attempting;
        run.progress.begin(name, u64::try_from(total).unwrap_or(0));
        let sending = Sending {
            claim,
            occurrence,
            // What LINE may have accepted is asked again whatever stands in the way of the rest.
            only_begun: refusal.is_some() || edition.is_none(),
            campaign: edition,
            stop: run.stop,
        };
        let flow = self.send(&sending, run).await;
        run.progress.end();
        Ok(flow?.break_value().or(refusal))
    }

    /// Why nothing new may be begun, if so.
    async fn refusal(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        campaign: Option<&Campaign>,
        tally: &Tally,
    ) -> Result<Option<Halt>, LedgerError> {
        let now = self.clock.now();
        if occurrence.control.is_some() {
            return Ok(Some(Halt::Operator));
        }
        if self.breaker.is_open(now) {
            return Ok(Some(Halt::Failing));
        }
        if let Some(until) = occurrence.held_until.filter(|until| now < *until) {
            let reason = occurrence.reason.clone().unwrap_or_default();
            return Ok(Some(Halt::Held(until, reason)));
        }
        if let Some(reason) = self.line.shut(now).await {
            return Ok(Some(Halt::NoEntry(reason)));
        }
        if tally.waiting == 0 || self.waits(claim, tally).await? {
            return Ok(None);
        }
        self.quota_refusal(claim, campaign, tally.waiting).await
    }

    /// Whether all of it waits for the end of quiet hours.
    async fn waits(&self, claim: &Claim, tally: &Tally) -> Result<bool, LedgerError> {
        let now = self.clock.now();
        let due = self.store.next_batches(claim, -1, now, 1).await?;
        Ok(due.is_empty() && tally.attempting == 0)
    }

    /// Writes down how far the occurrence came.
    async fn close(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        name: &str,
        halt: Option<&Halt>,
        run: &mut Run<'_>,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let tally = self.store.tally(claim).await?;
        if let Some((state, reason)) = conclusion(occurrence, &tally, halt, now) {
            self.store
                .finish(claim, state, reason.as_deref(), now)
                .await?;
            match reason {
                None => {
                    run.report.sent += 1;
                    tracing::info!(
                        campaign = occurrence.campaign,
                        recipients = tally.accepted,
                        "{name}: LINE accepted {} of {}",
                        tally.accepted,
                        tally.accepted
                    );
                }
                Some(reason) if state == OccurrenceState::Cancelled => {
                    tracing::info!(campaign = occurrence.campaign, "{name}: {reason}");
                }
                Some(reason) => run.report.attend(name, reason),
            }
            return Ok(());
        }
        match halt {
            None if tally.attempting == 0 => {
                // Members sleep: nothing is the matter.
                let due = self.store.next_due(claim, now).await?;
                tracing::debug!(
                    campaign = occurrence.campaign,
                    ?due,
                    "{name}: the rest waits"
                );
            }
            Some(Halt::Operator) => {}
            Some(Halt::Held(_, reason)) => run.report.remind(name, reason),
            _ => {
                let waiting = tally.waiting + tally.attempting;
                let why = halt.map_or_else(
                    || "LINE has not accepted it yet; the next run goes on".to_owned(),
                    ToString::to_string,
                );
                let matter = format!("{why}; {waiting} recipients wait");
                if let Some((state, until)) = halt.and_then(Halt::state) {
                    self.store.set_state(claim, state, &matter, until).await?;
                }
                run.report.attend(name, matter);
            }
        }
        Ok(())
    }
}

/// How the occurrence ended, and why so, if it is over.
fn conclusion(
    occurrence: &Occurrence,
    tally: &Tally,
    halt: Option<&Halt>,
    now: Timestamp,
) -> Option<(OccurrenceState, Option<String>)> {
    if tally.attempting > 0 {
        return None;
    }
    if occurrence.control == Some(Control::Cancel) {
        let reason = format!("an operator cancelled it; {}", outcome(tally));
        return Some((OccurrenceState::Cancelled, Some(reason)));
    }
    if let Some(Halt::Refused(_) | Halt::Refusing) = halt {
        let why = halt.map(ToString::to_string).unwrap_or_default();
        let reason = format!("{why}: {}", outcome(tally));
        return Some((OccurrenceState::NeedsAttention, Some(reason)));
    }
    let is_late = is_spent(occurrence.begun_at, now);
    if tally.waiting > 0 && !is_late {
        return None;
    }
    let unsent = tally.rejected + tally.in_doubt + tally.waiting;
    let state = match tally {
        _ if unsent == 0 => return Some((OccurrenceState::Sent, None)),
        Tally {
            in_doubt: 0,
            accepted: 1..,
            ..
        } => OccurrenceState::Partly,
        _ => OccurrenceState::NeedsAttention,
    };
    Some((state, Some(outcome(tally))))
}

fn outcome(tally: &Tally) -> String {
    let parts = [
        (tally.rejected, "refused by LINE"),
        (tally.in_doubt, "in doubt"),
        (tally.waiting, "never sent"),
    ];
    let mut text = format!("{} recipients accepted", tally.accepted);
    for (count, what) in parts.iter().filter(|(count, _)| *count > 0) {
        let _ = write!(text, ", {count} {what}");
    }
    text
}
