//! Acts on stored events: several conversations at once, each in order, each event until it is done or parked.

mod actor;
mod change;
mod erased;
mod erasures;
mod leases;
mod line;
mod look_ups;
mod sender;
mod upkeep;

use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use service_kit::Clock;
use service_kit::telemetry::chain;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) use actor::Actor;
use actor::{Acted, Trouble};
pub(crate) use erasures::Erasures;
use leases::Leases;
pub(crate) use line::Line;
pub(crate) use look_ups::LookUps;
pub(crate) use upkeep::Upkeep;

use crate::limits::{BACKOFF, BREATH, HOLD, LAST_WORDS, POLL, REPLY_WITHIN, STALE_AFTER};
use crate::metrics::{Happening, Metrics};
use crate::store::{Claim, Outcome, Places, Replied, State, Store, Wish};

/// What is noted of an event that is acted on with nothing else of its kind beside it.
const SUSPECT: &str = "suspected";

/// Claims events, has the actor act on them, records the end.
pub(crate) struct Worker {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) places: Arc<Places>,
    pub(crate) actor: Actor,
    pub(crate) leases: Arc<Leases>,
    /// Held by the one event that is acted on because it may be what ends the process.
    pub(crate) suspects: Mutex<()>,
}

impl Worker {
    /// Works until `stop`, then finishes what it has begun.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let worker = Arc::new(self);
        let heart = Arc::clone(&worker);
        let heartbeat = tokio::spawn(async move {
            heart.leases.beat(&heart.store, &heart.clock).await;
        });
        let mut running = JoinSet::new();
        let mut along = worker.wish();
        let (mut look, mut was_full, mut has_ended) = (true, false, false);
        while !stop.is_cancelled() {
            has_ended |= drain(&mut running);
            if mem::take(&mut has_ended) && !look {
                look = was_full || worker.store.is_behind(running.len());
                if look {
                    // All that end now, or each claim would fill one place.
                    tokio::time::sleep(BREATH).await;
                    drain(&mut running);
                }
            }
            if look {
                let free = worker.places.free();
                let claims = worker.claim(free).await;
                was_full = claims.len() == free;
                worker.places.take(claims.len());
                worker.attempt_all(claims, &mut running);
                worker.store.reckon_with(worker.places.taken()).await;
            }
            look = tokio::select! {
                () = stop.cancelled() => false,
                Some(claims) = along.recv() => {
                    worker.attempt_all(claims, &mut running);
                    false
                }
                () = worker.store.due() => true,
                Some(_) = running.join_next() => {
                    has_ended = true;
                    false
                }
                () = tokio::time::sleep(POLL) => true,
            };
        }
        worker.store.wish_no_more().await;
        let ended = async {
            loop {
                tokio::select! {
                    // Until nobody is left who knows of the wish.
                    Some(claims) = along.recv() => worker.attempt_all(claims, &mut running),
                    Some(_) = running.join_next() => {}
                    else => break,
                }
            }
        };
        if tokio::time::timeout(LAST_WORDS, ended).await.is_err() {
            tracing::warn!("some attempts did not end in time and are left to their leases");
        }
        heartbeat.abort();
    }

    /// What is taken up along the way, from now on.
    fn wish(&self) -> mpsc::UnboundedReceiver<Vec<Claim>> {
        let (claims, along) = mpsc::unbounded_channel();
        let (leases, clock) = (Arc::clone(&self.leases), self.clock.clone());
        self.store.wish(Wish {
            places: Arc::clone(&self.places),
            time: Box::new(move || leases.are_certain().then(|| clock.now())),
            claims,
        });
        along
    }

    fn attempt_all(self: &Arc<Self>, claims: Vec<Claim>, running: &mut JoinSet<()>) {
        for claim in claims {
            running.spawn(Arc::clone(self).attempt(claim));
        }
    }

    async fn claim(&self, free: usize) -> Vec<Claim> {
        if free == 0 || !self.leases.are_sure(&self.store, &self.clock).await {
            return Vec::new();
        }
        let claimed = self.store.claim(self.clock.now(), free).await;
        claimed.unwrap_or_else(|error| {
            tracing::error!(error = chain(&error), "cannot take up events");
            Vec::new()
        })
    }

    async fn attempt(self: Arc<Self>, claim: Claim) {
        let _place = self.places.leave_at_the_end();
        let _lease = self.leases.hold(&claim);
        if claim.attempt == 1 {
            self.metrics.taken_up(claim.received_at, self.clock.now());
        }
        let acted = self.act(&claim).await;
        self.finish(&claim, &self.outcome(&claim, &acted)).await;
    }

    async fn act(&self, claim: &Claim) -> Acted {
        let waited = claim
            .last_error
            .as_deref()
            .and_then(Trouble::noted)
            .is_some_and(Trouble::waits_for_users);
        // A process that dies takes everybody's attempts with it: while people can be answered, nobody is suspected.
        let late = self.clock.now().since(claim.received_at) >= REPLY_WITHIN;
        if claim.failures() < BACKOFF.len() || waited || !late {
            return self.act_now(claim).await;
        }
        if claim.last_error.as_deref() == Some(SUSPECT) && claim.failures() > BACKOFF.len() {
            // It had the process for itself, and never came to an end: it took the process with it.
            return Acted::failed(Trouble::Abandoned);
        }
        let _alone = self.suspects.lock().await;
        match self.store.suspect(claim, SUSPECT).await {
            Ok(()) => self.act_now(claim).await,
            Err(error) => {
                tracing::error!(error = chain(&error), "cannot record a suspicion");
                Acted::failed(Trouble::Inbox)
            }
        }
    }

    async fn act_now(&self, claim: &Claim) -> Acted {
        let act = AssertUnwindSafe(self.actor.act(claim)).catch_unwind();
        match tokio::time::timeout(HOLD, act).await {
            Ok(Ok(acted)) => acted,
            Ok(Err(_)) => Acted::failed(Trouble::Panic),
            Err(_) => Acted::failed(Trouble::TooLong),
        }
    }

    fn outcome(&self, claim: &Claim, acted: &Acted) -> Outcome {
        let now = self.clock.now();
        // api-users being away is not the event's fault; who blocked the bot must not be its friend for ever after.
        let waits = acted.trouble.is_some_and(Trouble::waits_for_users)
            && now.since(claim.received_at) < STALE_AFTER;
        // Attempts that never came to an end are no reason to wait longer, unless they are the trouble.
        let ended = claim.last_error.is_some() || acted.trouble == Some(Trouble::Abandoned);
        let failures = if ended { claim.failures() } else { 0 };
        let pause = BACKOFF.get(failures).or(BACKOFF.last().filter(|_| waits));
        let (state, due_at) = match (acted.trouble, pause) {
            (None, _) => (State::Done, now),
            (Some(_), Some(pause)) => (State::Pending, now + *pause),
            (Some(_), None) => (State::Parked, now),
        };
        Outcome {
            at: now,
            state,
            due_at,
            // What LINE once answered is the last word.
            reply: acted.reply.filter(|_| claim.replied != Replied::Answered),
            error: acted.trouble.map(Trouble::as_str),
        }
    }

    /// Records the end, however long that takes: what LINE answered must not be forgotten while this process lives.
    async fn finish(&self, claim: &Claim, outcome: &Outcome) {
        let (event, attempt) = (claim.event_id, claim.attempt);
        loop {
            match self.store.finish(claim, outcome.clone()).await {
                Ok(true) => return self.report(claim, outcome),
                Ok(false) => {
                    tracing::warn!(event, attempt, "event {event} is another attempt's by now");
                    return;
                }
                Err(_) if self.store.is_broken() => return,
                Err(error) => {
                    let error = chain(&error);
                    tracing::error!(event, attempt, error, "cannot record the end of an attempt");
                    tokio::time::sleep(POLL).await;
                }
            }
        }
    }

    fn report(&self, claim: &Claim, outcome: &Outcome) {
        let (event, attempt) = (claim.event_id, claim.attempt);
        let error = outcome.error.unwrap_or_default();
        match outcome.state {
            State::Done | State::Stale => self.metrics.count(Happening::Done),
            State::Pending => {
                self.metrics.count(Happening::Retried);
                tracing::warn!(event, attempt, error, "event {event} will be tried again");
            }
            State::Parked => {
                self.metrics.count(Happening::Parked);
                tracing::error!(event, attempt, error, "event {event} is parked: {error}");
            }
        }
    }
}

/// Lets go of all attempts that have ended. Says whether there were any.
fn drain(running: &mut JoinSet<()>) -> bool {
    let mut has_ended = false;
    while running.try_join_next().is_some() {
        has_ended = true;
    }
    has_ended
}
