//! Sending what is frozen, so that it can be cut off at any instruction.

use std::ops::ControlFlow;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use service_kit::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::campaign::Campaign;
use crate::compose::Edition;
use crate::deliver::Flight;
pub(crate) use crate::halt::Halt;
use crate::pusher::{Pusher, Run};
use crate::store::{Batch, BatchState, Claim, LedgerError, Occurrence, Settlement};

/// LINE forgets a retry key 24 hours after its first use; then the same key would send again. Nor is a send that
/// began longer ago finished without anybody looking.
pub(crate) const KEY_LIFE: Duration = Duration::from_hours(23);
/// So many batches in a row that came to nothing, and LINE gets a rest.
pub(crate) const FAILURES: u32 = 3;
/// So many refusals in a row, and it is not about single people. Five bad IDs among 500 come to twelve.
const REFUSALS: u32 = 20;
/// Batches that leave together: looked at, asked about and written down at once.
const WAVE: i64 = 30;
/// Waves under way at once. At a hundred calls a second, each may take a while.
const LANES: usize = 2;

/// What is being sent.
pub(crate) struct Sending<'a> {
    pub(crate) claim: &'a Claim,
    pub(crate) occurrence: &'a Occurrence,
    /// What it was frozen with; absent where that is not known any more.
    pub(crate) campaign: Option<(&'a Campaign, Edition)>,
    /// Those batches alone that LINE may have accepted already.
    pub(crate) only_begun: bool,
    pub(crate) stop: &'a CancellationToken,
}

/// Where a send has come to.
struct Course {
    last: i64,
    /// All batches up to the last have left.
    is_through: bool,
    /// How many batches may leave together.
    wave: i64,
    lanes: usize,
    refused: u32,
    halt: Option<Halt>,
    broken: Option<LedgerError>,
}

impl Pusher {
    /// Sends the batches that may be sent, several at once while LINE takes them.
    pub(crate) async fn send(
        &self,
        sending: &Sending<'_>,
        run: &mut Run<'_>,
    ) -> Result<ControlFlow<Halt>, LedgerError> {
        let mut course = Course {
            last: -1,
            is_through: false,
            wave: 1,
            lanes: 1,
            refused: 0,
            halt: None,
            broken: None,
        };
        let mut flying = FuturesUnordered::new();
        loop {
            while course.may_begin() && flying.len() < course.lanes {
                let wave = self.next_wave(sending, &mut course, run).await;
                match wave {
                    Ok(wave) if wave.is_empty() => course.is_through = true,
                    Ok(wave) => flying.push(self.deliver(sending, wave)),
                    Err(error) => course.broken = Some(error),
                }
            }
            match flying.next().await {
                None => break,
                Some(Ok(flight)) => course.take(flight, run),
                // What flies beside it comes to its end first.
                Some(Err(LedgerError::Stopped)) => course.halt = Some(Halt::Operator),
                Some(Err(error)) => course.broken = Some(error),
            }
        }
        match (course.broken, course.halt) {
            (Some(error), _) => Err(error),
            (None, Some(halt)) => Ok(ControlFlow::Break(halt)),
            (None, None) => Ok(ControlFlow::Continue(())),
        }
    }

    /// The next batches that may be sent; none if that was all.
    async fn next_wave(
        &self,
        sending: &Sending<'_>,
        course: &mut Course,
        run: &mut Run<'_>,
    ) -> Result<Vec<Batch>, LedgerError> {
        let mut wave = Vec::new();
        while wave.is_empty() {
            let now = self.clock.now();
            let batches = self
                .store
                .next_batches(sending.claim, course.last, now, course.wave)
                .await?;
            let Some(last) = batches.last() else { break };
            course.last = last.number;
            for batch in batches {
                if is_spent(batch.first_attempt_at, now) {
                    self.give_up(sending.claim, &batch, now, run).await?;
                    continue;
                }
                let may_begin = !sending.only_begun && !is_spent(sending.occurrence.begun_at, now);
                if may_begin || !batch.is_new() {
                    wave.push(batch);
                }
            }
        }
        Ok(wave)
    }

    /// The key is too old: what LINE may have accepted stays in doubt, what it refused stays as it is.
    async fn give_up(
        &self,
        claim: &Claim,
        batch: &Batch,
        now: Timestamp,
        run: &mut Run<'_>,
    ) -> Result<(), LedgerError> {
        if batch.is_new() {
            return Ok(());
        }
        let settlement = Settlement {
            state: BatchState::InDoubt,
            unanswered: batch.unanswered,
            request_id: None,
            code: None,
            reason: Some("LINE gave no answer for 23 hours"),
        };
        self.store.settle(claim, batch, &settlement, now).await?;
        run.report.batches_in_doubt += 1;
        Ok(())
    }
}

impl Course {
    fn may_begin(&self) -> bool {
        !self.is_through && self.halt.is_none() && self.broken.is_none()
    }

    /// Goes on by what came of a wave: more at once after a success, one by one after a failure.
    fn take(&mut self, flight: Flight, run: &mut Run<'_>) {
        run.report.add(&flight.report);
        run.progress.accepted(flight.report.recipients_accepted);
        if flight.accepted > 0 {
            (self.refused, run.failures) = (0, 0);
            self.wave = (self.wave * 2).min(WAVE);
            self.lanes = (self.lanes + 1).min(LANES);
        }
        if flight.reshaped {
            self.is_through = false;
        }
        self.refused += flight.refused;
        if flight.failed > 0 {
            run.failures += flight.failed;
            (self.wave, self.lanes) = (1, 1);
        }
        if flight.halt.is_some() {
            self.halt = flight.halt;
        } else if run.failures >= FAILURES {
            self.halt = Some(Halt::Failing);
        } else if self.refused >= REFUSALS {
            self.halt = Some(Halt::Refusing);
        }
    }
}

/// Whether what began then is too old to go on with.
pub(crate) fn is_spent(begun_at: Option<Timestamp>, now: Timestamp) -> bool {
    begun_at.is_some_and(|begun_at| now >= begun_at + KEY_LIFE)
}
