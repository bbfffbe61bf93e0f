//! What can wait a moment, and so shares the commit of what cannot: a commit costs more than all that is in it.

use std::mem;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use service_kit::Timestamp;
use tokio::sync::{Notify, mpsc, oneshot};

use super::claims::FIRST_LOOK;
use super::{Claim, End, count_of};
use crate::limits::{BREATH, COMPANY};

/// How many conversations can still be taken up. Fewer than none for a moment, while places are given to those who come before
/// the others have left.
pub(crate) struct Places {
    all: i64,
    free: AtomicI64,
}

impl Places {
    pub(crate) fn new(count: usize) -> Self {
        let count = count_of(count);
        Self {
            all: count,
            free: AtomicI64::new(count),
        }
    }

    pub(crate) fn free(&self) -> usize {
        usize::try_from(self.free.load(Ordering::Relaxed)).unwrap_or(0)
    }

    pub(crate) fn taken(&self) -> i64 {
        self.all - self.free.load(Ordering::Relaxed)
    }

    /// Seven of eight.
    fn are_mostly_free(&self) -> bool {
        self.taken() * 8 < self.all
    }

    pub(crate) fn take(&self, count: usize) {
        self.free.fetch_sub(count_of(count), Ordering::Relaxed);
    }

    /// Gives one back when it is dropped.
    pub(crate) fn leave_at_the_end(&self) -> Leaving<'_> {
        Leaving(self)
    }
}

/// Somebody who has a place.
pub(crate) struct Leaving<'a>(&'a Places);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.free.fetch_add(1, Ordering::Relaxed);
    }
}

/// That what is due is taken up whenever something is stored, for as long as there is room.
pub(crate) struct Wish {
    pub(crate) places: Arc<Places>,
    /// What time it is; nothing while nothing may be taken up.
    pub(crate) time: Box<dyn Fn() -> Option<Timestamp> + Send + Sync>,
    pub(crate) claims: mpsc::UnboundedSender<Vec<Claim>>,
}

/// What is to be taken up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought {
    pub(super) now: Timestamp,
    pub(super) limit: i64,
    /// More is left to do than is being done.
    is_behind: bool,
}

impl Sought {
    /// Whether there is room for so many.
    pub(super) fn has_room_for(self, count: usize) -> bool {
        count_of(count) <= self.limit
    }

    /// Whether so many that come can all be taken up at once: nothing waits that would go before them.
    pub(super) fn is_for_all_of(self, count: usize) -> bool {
        !self.is_behind && self.has_room_for(count)
    }

    /// What is still to be taken up when so much was.
    pub(super) fn after(self, count: usize) -> Self {
        Self {
            limit: self.limit - count_of(count),
            ..self
        }
    }
}

/// What one transaction has done.
#[derive(Default)]
pub(super) struct Done {
    /// Of each event of each request, whether it is new.
    pub(super) new: Vec<Vec<bool>>,
    /// Of each end, whether its attempt still owned the event.
    pub(super) finished: Vec<bool>,
    pub(super) claims: Vec<Claim>,
    /// Whether some of what is new waits for the worker to look for it.
    pub(super) is_some_left: bool,
}

/// What waits to be taken along, and what is known of the rest.
#[derive(Default)]
pub(super) struct Company {
    waiting: Mutex<Waiting>,
    /// About how much is left to do: counted now and then, and kept up to date by what this process does.
    pub(super) pending: AtomicI64,
    /// Told when something may be due that nobody takes up along the way.
    pub(super) due: Notify,
}

#[derive(Default)]
struct Waiting {
    ends: Vec<End>,
    told: Vec<oneshot::Sender<bool>>,
    wish: Option<Arc<Wish>>,
}

/// What is taken along. Whoever waits for an end that is dropped is told that nobody knows.
pub(super) struct Along {
    pub(super) ends: Vec<End>,
    told: Vec<oneshot::Sender<bool>>,
    wish: Option<Arc<Wish>>,
    pub(super) sought: Option<Sought>,
}

impl Company {
    /// Waits for a commit. Whoever is the first to wait has to see to one, when nobody else has for so long: not long if something
    /// waits though most places are free, for then it is its conversation that it waits for.
    pub(super) fn join(&self, end: End) -> (Option<Duration>, oneshot::Receiver<bool>) {
        let (told, answer) = oneshot::channel();
        let mut waiting = self.waiting();
        waiting.ends.push(end);
        waiting.told.push(told);
        let is_first = waiting.ends.len() == 1;
        let wish = waiting.wish.as_ref();
        let is_waited_for =
            wish.is_some_and(|wish| self.is_behind(wish) && wish.places.are_mostly_free());
        let patience = if is_waited_for { BREATH } else { COMPANY };
        (is_first.then_some(patience), answer)
    }

    /// Whether more is left to do than is being done.
    fn is_behind(&self, wish: &Wish) -> bool {
        self.pending.load(Ordering::Relaxed) > wish.places.taken()
    }

    pub(super) fn wish(&self, wish: Option<Wish>) {
        self.waiting().wish = wish.map(Arc::new);
    }

    /// Whoever waits is told that nobody knows.
    pub(super) fn disperse(&self) {
        let mut waiting = self.waiting();
        waiting.ends.clear();
        waiting.told.clear();
    }

    /// All that waits. Something is sought only if something new comes, or more is left to do than is being done.
    pub(super) fn take(&self, is_new: bool) -> Along {
        let mut waiting = self.waiting();
        let (ends, told) = (mem::take(&mut waiting.ends), mem::take(&mut waiting.told));
        let wish = waiting.wish.clone();
        let sought = wish.as_ref().and_then(|wish| {
            let is_behind = self.is_behind(wish);
            // Whoever ends leaves a place.
            let limit = count_of(wish.places.free()) + count_of(ends.len());
            let worth_it = limit > 0 && (is_new || is_behind);
            let now = worth_it.then(|| (wish.time)()).flatten()?;
            Some(Sought {
                now,
                limit,
                is_behind,
            })
        });
        Along {
            ends,
            told,
            wish,
            sought,
        }
    }

    /// Tells whoever waited. Says of each event of each request whether it is new.
    pub(super) fn tell(&self, along: Along, done: Done) -> Vec<Vec<bool>> {
        let Done {
            new,
            finished,
            claims,
            is_some_left,
        } = done;
        let found = count_of(claims.len());
        let is_more_due = along.sought.is_some_and(|Sought { limit, .. }| {
            found < limit && self.pending.load(Ordering::Relaxed) > FIRST_LOOK * limit
        });
        if is_some_left || is_more_due {
            self.due.notify_one();
        }
        for (told, finished) in along.told.into_iter().zip(finished) {
            let _ = told.send(finished);
        }
        // It may have been taken back meanwhile; what it brought is there all the same.
        if !claims.is_empty()
            && let Some(wish) = along.wish
        {
            wish.places.take(claims.len());
            let _ = wish.claims.send(claims);
        }
        new
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
