//! Calls that are made together, and those among them that are made again.

use std::slice;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use line_api::messaging::{Accepted, Error};
use tokio::time::sleep;

use crate::deliver::Flight;
use crate::dispatch::{Halt, Sending, is_spent};
use crate::pace::Pace;
use crate::pusher::Pusher;
use crate::quota::month;
use crate::store::{Batch, BatchState, Kind, LedgerError, Part, Pieces, Settlement};
use crate::verdict::{Blame, Refusal, Verdict};

/// Answers that come so soon one after another are written down together.
const TOGETHER: Duration = Duration::from_millis(50);

type Answer = Result<Accepted, Error>;

/// A batch that was sent, and what LINE said.
pub(crate) struct Landed {
    batch: Batch,
    answer: Answer,
}

impl Pusher {
    /// Waits for a turn. While LINE says that calls come too fast, every call is as far from the next as from its first
    /// repetition, whoever makes it.
    pub(crate) async fn take_turn(
        &self,
        sending: &Sending<'_>,
        batches: &[Batch],
    ) -> Result<(), LedgerError> {
        for kind in [Kind::Multicast, Kind::Push] {
            let calls = batches.iter().filter(|batch| batch.kind == kind).count();
            if calls == 0 {
                continue;
            }
            let gap = if self.line.throttles() {
                self.backoff.first
            } else {
                Pace::gap(kind)
            };
            let gap = gap * u32::try_from(calls).unwrap_or(u32::MAX);
            tokio::select! {
                turn = self.store.turn(kind, gap) => turn?,
                () = sending.stop.cancelled() => {}
            }
        }
        Ok(())
    }

    /// Writes down that these calls are about to be made; false if they are not to be.
    pub(crate) async fn begin(
        &self,
        sending: &Sending<'_>,
        batches: &mut [Batch],
    ) -> Result<bool, LedgerError> {
        let now = self.clock.now();
        let is_late = |batch: &Batch| is_spent(batch.first_attempt_at, now);
        if sending.stop.is_cancelled() || batches.iter().any(is_late) {
            return Ok(false);
        }
        self.store.begin(sending.claim, batches, now).await?;
        Ok(true)
    }

    /// Makes the calls, and writes down what they come to; gives back those that LINE did not accept.
    pub(crate) async fn call_all(
        &self,
        sending: &Sending<'_>,
        wave: Vec<Batch>,
        flight: &mut Flight,
    ) -> Result<Vec<Landed>, LedgerError> {
        let calls = wave.into_iter().map(|batch| self.call(batch));
        let mut flying: FuturesUnordered<_> = calls.collect();
        let mut rest = Vec::new();
        while let Some(first) = flying.next().await {
            let mut landed = vec![first];
            let patience = sleep(TOGETHER);
            tokio::pin!(patience);
            loop {
                tokio::select! {
                    next = flying.next() => match next {
                        Some(next) => landed.push(next),
                        None => break,
                    },
                    () = &mut patience => break,
                }
            }
            flight.report.calls += landed.len() as u64;
            rest.extend(self.settle_all(sending, landed, flight).await?);
        }
        Ok(rest)
    }

    async fn call(&self, batch: Batch) -> Landed {
        let body = batch.body.clone();
        let answer = self.line.send(batch.kind, body, batch.retry_key).await;
        Landed { batch, answer }
    }

    async fn settle_all(
        &self,
        sending: &Sending<'_>,
        landed: Vec<Landed>,
        flight: &mut Flight,
    ) -> Result<Vec<Landed>, LedgerError> {
        let (accepted, mut rest): (Vec<_>, Vec<_>) =
            landed.into_iter().partition(|it| it.answer.is_ok());
        if !accepted.is_empty() {
            let named = accepted
                .iter()
                .map(|it| (it.batch.retry_key, request_id(&it.answer)));
            let named: Vec<_> = named.collect();
            let now = self.clock.now();
            self.store.accept(sending.claim, &named, now).await?;
        }
        for Landed { batch, .. } in &accepted {
            flight.accepted += 1;
            flight.report.accept(batch.members.len());
        }
        for Landed { batch, answer } in &mut rest {
            self.record(sending, batch, answer, flight).await?;
        }
        Ok(rest)
    }

    /// Goes on with a batch until LINE says something final, as often as one run may.
    pub(crate) async fn follow_up(
        &self,
        sending: &Sending<'_>,
        landed: Landed,
        flight: &mut Flight,
    ) -> Result<(), LedgerError> {
        let (mut batch, mut answer) = (landed.batch, landed.answer);
        let mut tries = 1;
        loop {
            match Verdict::of(&answer) {
                Verdict::Accepted => {
                    flight.accepted += 1;
                    return Ok(());
                }
                Verdict::NoQuota => {
                    let (_, next_month) = month(self.clock.now());
                    self.store.hold_quota(next_month).await?;
                    flight.halt = Some(Halt::NoQuota(next_month));
                    return Ok(());
                }
                Verdict::NoEntry(_) if tries == 1 && self.is_renewed(&answer, flight).await => {}
                Verdict::NoEntry(reason) => {
                    self.line.shut_out(self.clock.now(), reason.clone()).await;
                    flight.halt = Some(Halt::NoEntry(reason));
                    return Ok(());
                }
                Verdict::Refused(refusal) => {
                    flight.refused += 1;
                    if refusal.blames == Blame::Messages && batch.members.len() > 1 {
                        flight.halt = Some(Halt::Refused(refusal.reason));
                    }
                    return Ok(());
                }
                verdict
                    if verdict.is_repeatable()
                        && tries < self.backoff.attempts
                        && flight.halt.is_none() =>
                {
                    self.pause(sending, &batch, &answer, tries).await?;
                }
                Verdict::Unknown | Verdict::NotNow => {
                    flight.failed += 1;
                    return Ok(());
                }
            }
            self.take_turn(sending, slice::from_ref(&batch)).await?;
            if !self.begin(sending, slice::from_mut(&mut batch)).await? {
                flight.halt = Some(Halt::Stopping);
                return Ok(());
            }
            let landed = self.call(batch).await;
            (batch, answer) = (landed.batch, landed.answer);
            flight.report.calls += 1;
            self.record(sending, &mut batch, &answer, flight).await?;
            tries += 1;
        }
    }

    async fn pause(
        &self,
        sending: &Sending<'_>,
        batch: &Batch,
        answer: &Answer,
        tries: u32,
    ) -> Result<(), LedgerError> {
        let wait = self.backoff.wait(tries);
        if let Err(Error::RateLimited(_)) = answer {
            // Whoever else sends leaves LINE alone as well.
            return self.store.rest(batch.kind, wait).await;
        }
        tokio::select! {
            () = sleep(wait) => {}
            () = sending.stop.cancelled() => {}
        }
        Ok(())
    }

    /// Writes down what a call came to.
    async fn record(
        &self,
        sending: &Sending<'_>,
        batch: &mut Batch,
        answer: &Answer,
        flight: &mut Flight,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let verdict = Verdict::of(answer);
        if let Verdict::Refused(refusal) = &verdict
            && batch.unanswered == 1
            && let Some(pieces) = isolate(batch, refusal)
        {
            flight.reshaped = true;
            return self.store.reshape(sending.claim, batch, &pieces, now).await;
        }
        let (state, unanswered) = verdict.settle(batch.unanswered);
        let refusal = answer.as_ref().err().and_then(Error::refusal);
        let reason = answer.as_ref().err().map(ToString::to_string);
        let settlement = Settlement {
            state,
            unanswered,
            request_id: request_id(answer),
            code: refusal.map(|refusal| refusal.status.as_u16()),
            reason: reason.as_deref(),
        };
        self.store
            .settle(sending.claim, batch, &settlement, now)
            .await?;
        batch.unanswered = unanswered;
        match state {
            BatchState::Accepted => flight.report.accept(batch.members.len()),
            BatchState::Rejected => flight.report.batches_rejected += 1,
            BatchState::InDoubt => flight.report.batches_in_doubt += 1,
            _ => {}
        }
        Ok(())
    }

    /// Whether there is a new token since; those that flew together need not ask twice.
    async fn is_renewed(&self, answer: &Answer, flight: &mut Flight) -> bool {
        if let Err(Error::Unauthorized(_)) = answer {
            flight.renewed = flight.renewed || self.line.renew_token().await;
            return flight.renewed;
        }
        false
    }
}

/// LINE's name for the request that it accepted, at this attempt or before, or refused.
fn request_id(answer: &Answer) -> Option<&str> {
    match answer {
        Ok(accepted) => accepted
            .accepted_request_id
            .as_deref()
            .or(accepted.request_id.as_deref()),
        Err(error) => error.refusal()?.request_id.as_deref(),
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
