//! A few batches on their way: who may still get them, then the calls.

use std::collections::HashSet;
use std::ops::ControlFlow;

use line_api::messaging::{Accepted, Error};
use service_kit::telemetry::chain;
use users_client::CheckAudience;
use uuid::Uuid;

use crate::clocks::Clocks;
use crate::dispatch::{Halt, Sending, is_spent};
use crate::pusher::Pusher;
use crate::quota::month;
use crate::report::RunReport;
use crate::store::{Batch, BatchState, LedgerError, Part, Pieces, Settlement};
use crate::verdict::{Blame, Refusal, Verdict};

/// What came of a few batches.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    pub(crate) report: RunReport,
    pub(crate) accepted: u32,
    pub(crate) refused: u32,
    /// Without a usable answer.
    pub(crate) failed: u32,
    /// Some are in other pieces now, which come later.
    pub(crate) reshaped: bool,
    pub(crate) halt: Option<Halt>,
}

impl Pusher {
    /// Sends these batches one after another, until one does not work out.
    pub(crate) async fn deliver(
        &self,
        sending: &Sending<'_>,
        wave: Vec<Batch>,
    ) -> Result<Flight, LedgerError> {
        let mut flight = Flight::default();
        for mut batch in self.check(sending, wave, &mut flight).await? {
            match self.settle_batch(sending, &mut batch, &mut flight).await? {
                ControlFlow::Break(halt) => flight.halt = Some(halt),
                ControlFlow::Continue(Verdict::Accepted) => flight.accepted += 1,
                ControlFlow::Continue(Verdict::Refused(refusal)) => {
                    flight.refused += 1;
                    if refusal.blames == Blame::Messages && batch.members.len() > 1 {
                        flight.halt = Some(Halt::Refused(refusal.reason));
                    }
                }
                ControlFlow::Continue(_) => flight.failed += 1,
            }
            if flight.halt.is_some() || flight.failed > 0 {
                break;
            }
        }
        Ok(flight)
    }

    /// Those of the batches that may leave as they are: whoever must not be disturbed now, or not be written to any more,
    /// is taken out of the others.
    async fn check(
        &self,
        sending: &Sending<'_>,
        wave: Vec<Batch>,
        flight: &mut Flight,
    ) -> Result<Vec<Batch>, LedgerError> {
        let (new, mut fit): (Vec<_>, Vec<_>) = wave.into_iter().partition(Batch::is_new);
        if new.is_empty() {
            return Ok(fit);
        }
        let Some((campaign, edition)) = &sending.campaign else {
            return Ok(fit);
        };
        let request = campaign.audience_request();
        let check = CheckAudience {
            consent: request.consent,
            topic: request.topic,
            member_ids: new.iter().flat_map(|batch| batch.members.clone()).collect(),
        };
        let reached: HashSet<Uuid> = match self.users.check_audience(&check).await {
            Ok(reached) => reached.into_iter().collect(),
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(error, "who may still be written to is not to be had");
                flight.halt = Some(Halt::Unchecked);
                return Ok(fit);
            }
        };
        for batch in new {
            let now = self.clock.now();
            let places = batch.members.iter().enumerate();
            let gone: Vec<_> = places
                .filter_map(|(place, member)| (!reached.contains(member)).then_some(place))
                .collect();
            let pieces = if gone.is_empty() {
                let clocks = batch.clocks.as_deref().and_then(Clocks::parse);
                let clocks = clocks.unwrap_or_else(|| Clocks::of_nobody(batch.members.len()));
                clocks.pieces(edition, now)
            } else {
                Some(batch.without(gone, "not in the audience any more"))
            };
            match pieces {
                None => fit.push(batch),
                Some(pieces) => {
                    self.store
                        .reshape(sending.claim, &batch, &pieces, now)
                        .await?;
                    flight.reshaped = true;
                }
            }
        }
        Ok(fit)
    }

    /// Tries one batch until LINE says something final, as often as one run may.
    async fn settle_batch(
        &self,
        sending: &Sending<'_>,
        batch: &mut Batch,
        flight: &mut Flight,
    ) -> Result<ControlFlow<Halt, Verdict>, LedgerError> {
        let mut tries = 0;
        loop {
            tokio::select! {
                turn = self.store.turn(batch.kind) => turn?,
                () = sending.stop.cancelled() => {}
            }
            let now = self.clock.now();
            if sending.stop.is_cancelled() || is_spent(batch.first_attempt_at, now) {
                return Ok(ControlFlow::Break(Halt::Stopping));
            }
            self.store.begin_attempt(sending.claim, batch, now).await?;
            flight.report.calls += 1;
            let answer = self
                .line
                .send(batch.kind, &batch.body, batch.retry_key)
                .await;
            let verdict = Verdict::of(&answer);
            self.record(sending, batch, &answer, &verdict, flight)
                .await?;
            tries += 1;
            match verdict {
                Verdict::NoQuota => {
                    let (_, next_month) = month(now);
                    self.store.hold_quota(next_month).await?;
                    return Ok(ControlFlow::Break(Halt::NoQuota(next_month)));
                }
                Verdict::NoEntry(_) if tries == 1 && self.is_renewed(&answer).await => {}
                Verdict::NoEntry(reason) => {
                    self.line.shut_out(now, reason.clone()).await;
                    return Ok(ControlFlow::Break(Halt::NoEntry(reason)));
                }
                verdict if verdict.is_repeatable() && tries < self.backoff.attempts => {
                    let wait = self.backoff.wait(tries);
                    if let Err(Error::RateLimited(_)) = answer {
                        // Whoever else sends leaves LINE alone as well.
                        self.store.rest(batch.kind, wait).await?;
                    } else {
                        tokio::select! {
                            () = tokio::time::sleep(wait) => {}
                            () = sending.stop.cancelled() => {}
                        }
                    }
                }
                verdict => return Ok(ControlFlow::Continue(verdict)),
            }
        }
    }

    async fn record(
        &self,
        sending: &Sending<'_>,
        batch: &mut Batch,
        answer: &Result<Accepted, Error>,
        verdict: &Verdict,
        flight: &mut Flight,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        if let Verdict::Refused(refusal) = verdict
            && batch.unanswered == 1
            && let Some(pieces) = isolate(batch, refusal)
        {
            flight.reshaped = true;
            return self.store.reshape(sending.claim, batch, &pieces, now).await;
        }
        let (state, unanswered) = verdict.settle(batch.unanswered);
        let refusal = answer.as_ref().err().and_then(Error::refusal);
        let request_id = match answer {
            // The request that counts is the one that LINE accepted.
            Ok(accepted) => accepted
                .accepted_request_id
                .as_deref()
                .or(accepted.request_id.as_deref()),
            Err(_) => refusal.and_then(|refusal| refusal.request_id.as_deref()),
        };
        let reason = answer.as_ref().err().map(ToString::to_string);
        let settlement = Settlement {
            state,
            unanswered,
            request_id,
            code: refusal.map(|refusal| refusal.status.as_u16()),
            reason: reason.as_deref(),
        };
        self.store
            .settle(sending.claim, batch, &settlement, now)
            .await?;
        batch.unanswered = unanswered;
        match state {
            BatchState::Accepted => {
                flight.report.batches_accepted += 1;
                let recipients = u64::try_from(batch.members.len()).unwrap_or(0);
                flight.report.recipients_accepted += recipients;
            }
            BatchState::Rejected => flight.report.batches_rejected += 1,
            BatchState::InDoubt => flight.report.batches_in_doubt += 1,
            _ => {}
        }
        Ok(())
    }

    async fn is_renewed(&self, answer: &Result<Accepted, Error>) -> bool {
        matches!(answer, Err(Error::Unauthorized(_))) && self.line.renew_token().await
    }
}

/// The batch in pieces, so that one bad ID costs the others nothing; `None` if that is no use. Whoever LINE names goes alone:
/// what it says is a hint. If it names nobody, halves tell.
fn isolate(batch: &Batch, refusal: &Refusal) -> Option<Pieces> {
    let count = batch.members.len();
    if count < 2 || refusal.blames == Blame::Messages {
        return None;
    }
    let groups = match refusal.blames {
        Blame::Recipient(place) if place < count => {
            let rest = (0..count).filter(|other| *other != place).collect();
            [rest, vec![place]]
        }
        _ => [(0..count / 2).collect(), (count / 2..count).collect()],
    };
    let not_before = batch.not_before;
    Some(Pieces {
        parts: groups.map(|places| Part { places, not_before }).into(),
        out: Vec::new(),
        refusal: Some((refusal.code, refusal.reason.clone())),
    })
}
