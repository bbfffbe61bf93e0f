//! A few batches on their way: who may still get them, then the calls.

use std::collections::HashSet;
use std::mem;

use service_kit::telemetry::chain;
use uuid::Uuid;

use crate::campaign::Campaign;
use crate::clocks::Clocks;
use crate::dispatch::{FAILURES, Halt, Sending};
use crate::pusher::Pusher;
use crate::report::RunReport;
use crate::store::{Batch, LedgerError};

/// People asked about in one call.
const CHECKED: usize = 5_000;

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
    /// The token was exchanged under way.
    pub(crate) renewed: bool,
    pub(crate) halt: Option<Halt>,
}

impl Pusher {
    /// Sends these batches: together, or one after another while LINE says that calls come too fast.
    pub(crate) async fn deliver(
        &self,
        sending: &Sending<'_>,
        mut wave: Vec<Batch>,
    ) -> Result<Flight, LedgerError> {
        let mut flight = Flight::default();
        while !wave.is_empty() && flight.halt.is_none() && flight.failed < FAILURES {
            let is_throttled = self.line.throttles();
            let together = if is_throttled { 1 } else { wave.len() };
            self.take_turn(sending, &wave[..together]).await?;
            if self.line.throttles() && !is_throttled {
                // Said while this waited: the turn was for all of them.
                continue;
            }
            let later = wave.split_off(together);
            self.fly(sending, mem::replace(&mut wave, later), &mut flight)
                .await?;
        }
        Ok(flight)
    }

    /// Sends what has its turn. Who may still get it is asked last, so that nobody leaves while it waits.
    async fn fly(
        &self,
        sending: &Sending<'_>,
        batches: Vec<Batch>,
        flight: &mut Flight,
    ) -> Result<(), LedgerError> {
        let mut fit = self.check(sending, batches, flight).await?;
        if fit.is_empty() {
            return Ok(());
        }
        if !self.begin(sending, &mut fit).await? {
            flight.halt = Some(Halt::Stopping);
            return Ok(());
        }
        for landed in self.call_all(sending, fit, flight).await? {
            self.follow_up(sending, landed, flight).await?;
            if flight.failed >= FAILURES {
                break;
            }
        }
        Ok(())
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
        let Some(gone) = self.gone(campaign, &new).await else {
            flight.halt = Some(Halt::Unchecked);
            return Ok(fit);
        };
        for batch in new {
            let now = self.clock.now();
            let gone = batch.places_of(&gone);
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

    /// Whoever of these batches must not be written to any more; `None` if that is not to be had.
    async fn gone(&self, campaign: &Campaign, batches: &[Batch]) -> Option<HashSet<Uuid>> {
        let members = batches.iter().flat_map(|batch| &batch.members).copied();
        let members: Vec<_> = members.collect();
        let mut gone = HashSet::new();
        for some in members.chunks(CHECKED) {
            let request = campaign.audience_request();
            match self.users.gone(request, some.to_vec()).await {
                Ok(some) => gone.extend(some),
                Err(error) => {
                    let error = chain(&error);
                    tracing::warn!(error, "who may still be written to is not to be had");
                    return None;
                }
            }
        }
        Some(gone)
    }
}
