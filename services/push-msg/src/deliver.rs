//! A few batches on their way: who may still get them, then the calls.

use std::collections::HashSet;

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
    /// Sends these batches together, and then one after another those that it did not work out with.
    pub(crate) async fn deliver(
        &self,
        sending: &Sending<'_>,
        wave: Vec<Batch>,
    ) -> Result<Flight, LedgerError> {
        let mut flight = Flight::default();
        let mut wave = self.check(sending, wave, &mut flight).await?;
        if wave.is_empty() {
            return Ok(flight);
        }
        if !self.begin(sending, &mut wave).await? {
            flight.halt = Some(Halt::Stopping);
            return Ok(flight);
        }
        for landed in self.call_all(sending, wave, &mut flight).await? {
            self.follow_up(sending, landed, &mut flight).await?;
            if flight.failed >= FAILURES {
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
