//! Sending what is frozen, so that it can be cut off at any instruction.

use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use line_api::messaging::{Accepted, Error};
use service_kit::Timestamp;

use crate::pusher::{LEASE, Pusher, Run};
use crate::store::{
    Batch, BatchState, Claim, LedgerError, Occurrence, OccurrenceState, Settlement, Tally,
};
use crate::verdict::Verdict;

/// LINE forgets a retry key 24 hours after its first use; then the same key would send again. Nor is a send that
/// began longer ago finished without anybody looking.
pub(crate) const KEY_LIFE: Duration = Duration::from_hours(23);
/// So many batches in a row that came to nothing, and LINE gets a rest.
const FAILURES: u32 = 3;

/// Why a run stops sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Halt {
    /// LINE says that the month's quota is used up.
    NoQuota,
    /// The quota does not reach for everybody, so nobody is begun with.
    ShortOf { left: u64, need: u64 },
    /// LINE takes nothing from this channel.
    NoEntry(String),
    /// LINE refuses batch after batch of one occurrence.
    Refusing,
    /// LINE fails again and again.
    Failing,
    /// The process stops.
    Stopping,
}

impl Halt {
    /// How an occurrence waits that was stopped by this.
    pub(crate) fn state(&self) -> Option<OccurrenceState> {
        match self {
            Self::NoQuota | Self::ShortOf { .. } => Some(OccurrenceState::PausedQuota),
            Self::NoEntry(_) => Some(OccurrenceState::PausedAuth),
            Self::Refusing | Self::Failing | Self::Stopping => None,
        }
    }
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoQuota => f.write_str("paused: the month's quota is used up"),
            Self::ShortOf { left, need } => write!(
                f,
                "paused: the month's quota has {left} messages left and {need} are needed"
            ),
            Self::NoEntry(reason) => write!(f, "paused: {reason}"),
            Self::Refusing => f.write_str("LINE refuses batch after batch; the next run goes on"),
            Self::Failing => f.write_str("LINE fails; the next run goes on"),
            Self::Stopping => f.write_str("stopped; the next run goes on"),
        }
    }
}

impl Pusher {
    /// Sends the batches that may be sent. With `only_begun`, those alone that LINE may have accepted already.
    pub(crate) async fn send(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        only_begun: bool,
        run: &mut Run<'_>,
    ) -> Result<ControlFlow<Halt>, LedgerError> {
        let (mut number, mut refused) = (-1, 0);
        while let Some(mut batch) = self.store.next_batch(claim, number).await? {
            number = batch.number;
            let now = self.clock.now();
            if is_spent(batch.first_attempt_at, now) {
                self.give_up(claim, &batch, now, run).await?;
                continue;
            }
            let is_new = batch.unanswered == 0;
            if is_new && (only_begun || is_spent(occurrence.begun_at, now)) {
                continue;
            }
            let verdict = match self.settle_batch(claim, &mut batch, run).await? {
                ControlFlow::Continue(verdict) => verdict,
                ControlFlow::Break(halt) => return Ok(ControlFlow::Break(halt)),
            };
            match verdict {
                Verdict::Accepted => (refused, run.failures) = (0, 0),
                Verdict::Rejected(_) => refused += 1,
                _ => run.failures += 1,
            }
            if run.failures >= FAILURES {
                return Ok(ControlFlow::Break(Halt::Failing));
            }
            if refused == FAILURES {
                return Ok(ControlFlow::Break(Halt::Refusing));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Tries one batch until LINE says something final, as often as one run may.
    async fn settle_batch(
        &self,
        claim: &Claim,
        batch: &mut Batch,
        run: &mut Run<'_>,
    ) -> Result<ControlFlow<Halt, Verdict>, LedgerError> {
        let mut tries = 0;
        loop {
            let now = self.clock.now();
            if run.stop.is_cancelled() || is_spent(batch.first_attempt_at, now) {
                return Ok(ControlFlow::Break(Halt::Stopping));
            }
            self.store.begin_attempt(claim, batch, now, LEASE).await?;
            run.report.calls += 1;
            let answer = self.line.multicast(&batch.body, batch.retry_key).await;
            let verdict = Verdict::of(&answer);
            self.record(claim, batch, &answer, &verdict, run).await?;
            tries += 1;
            match verdict {
                Verdict::NoQuota => return Ok(ControlFlow::Break(Halt::NoQuota)),
                Verdict::NoEntry(_) if self.is_renewed(&answer).await => {}
                Verdict::NoEntry(reason) => return Ok(ControlFlow::Break(Halt::NoEntry(reason))),
                verdict if verdict.is_repeatable() && tries < self.backoff.attempts => {
                    tokio::select! {
                        () = tokio::time::sleep(self.backoff.wait(tries)) => {}
                        () = run.stop.cancelled() => {}
                    }
                }
                verdict => return Ok(ControlFlow::Continue(verdict)),
            }
        }
    }

    async fn record(
        &self,
        claim: &Claim,
        batch: &mut Batch,
        answer: &Result<Accepted, Error>,
        verdict: &Verdict,
        run: &mut Run<'_>,
    ) -> Result<(), LedgerError> {
        let (state, unanswered) = verdict.settle(batch.unanswered);
        let request_id = match answer {
            // The request that counts is the one that LINE accepted.
            Ok(accepted) => accepted
                .accepted_request_id
                .as_deref()
                .or(accepted.request_id.as_deref()),
            Err(error) => error
                .refusal()
                .and_then(|refusal| refusal.request_id.as_deref()),
        };
        let reason = answer.as_ref().err().map(ToString::to_string);
        let settlement = Settlement {
            state,
            unanswered,
            request_id,
            reason: match verdict {
                Verdict::Rejected(reason) => Some(reason),
                _ => reason.as_deref(),
            },
        };
        self.store
            .settle(claim, batch, &settlement, self.clock.now())
            .await?;
        batch.unanswered = unanswered;
        match state {
            BatchState::Accepted => {
                run.report.batches_accepted += 1;
                run.report.recipients_accepted += u64::try_from(batch.recipients).unwrap_or(0);
            }
            BatchState::Rejected => run.report.batches_rejected += 1,
            BatchState::InDoubt => run.report.batches_in_doubt += 1,
            _ => {}
        }
        Ok(())
    }

    async fn is_renewed(&self, answer: &Result<Accepted, Error>) -> bool {
        matches!(answer, Err(Error::Unauthorized(_))) && self.line.renew_token().await
    }

    /// The key is too old: what LINE may have accepted stays in doubt, what it refused stays as it is.
    async fn give_up(
        &self,
        claim: &Claim,
        batch: &Batch,
        now: Timestamp,
        run: &mut Run<'_>,
    ) -> Result<(), LedgerError> {
        if batch.unanswered == 0 {
            return Ok(());
        }
        let settlement = Settlement {
            state: BatchState::InDoubt,
            unanswered: batch.unanswered,
            request_id: None,
            reason: Some("LINE gave no answer for 23 hours"),
        };
        self.store.settle(claim, batch, &settlement, now).await?;
        run.report.batches_in_doubt += 1;
        Ok(())
    }

    /// Declares the occurrence over, if it is.
    pub(crate) async fn conclude(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        tally: &Tally,
    ) -> Result<Option<(OccurrenceState, Option<String>)>, LedgerError> {
        let now = self.clock.now();
        let is_late = is_spent(occurrence.begun_at, now);
        if tally.attempting > 0 || (tally.waiting > 0 && !is_late) {
            return Ok(None);
        }
        let reason = leftover(tally);
        let state = match reason {
            None => OccurrenceState::Sent,
            Some(_) => OccurrenceState::NeedsAttention,
        };
        self.store
            .finish(claim, state, reason.as_deref(), now)
            .await?;
        Ok(Some((state, reason)))
    }
}

/// Whether what began then is too old to go on with.
fn is_spent(begun_at: Option<Timestamp>, now: Timestamp) -> bool {
    begun_at.is_some_and(|begun_at| now >= begun_at + KEY_LIFE)
}

fn leftover(tally: &Tally) -> Option<String> {
    let parts = [
        (tally.rejected, "refused by LINE"),
        (tally.in_doubt, "in doubt"),
        (tally.waiting, "never sent"),
    ];
    let parts: Vec<_> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "{} recipients accepted, {}",
            tally.accepted,
            parts.join(", ")
        )
    })
}
