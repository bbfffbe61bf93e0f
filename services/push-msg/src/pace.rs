//! No more calls than LINE allows, whoever makes them.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::store::Kind;

/// Half of what LINE allows for multicast (200 a second): the bot and a second ledger have room.
const MULTICASTS_PER_SECOND: u32 = 100;
/// A quarter of what LINE allows for push (2,000 a second), which the bot needs as well.
const PUSHES_PER_SECOND: u32 = 500;

/// Hands out turns within this process, evenly spaced, for each kind of call.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    multicast: Mutex<Option<Instant>>,
    push: Mutex<Option<Instant>>,
}

impl Pace {
    /// The time between two calls.
    pub(crate) fn gap(kind: Kind) -> Duration {
        Duration::from_secs(1)
            / match kind {
                Kind::Multicast => MULTICASTS_PER_SECOND,
                Kind::Push => PUSHES_PER_SECOND,
            }
    }

    /// Waits for the next turn; the one after it comes `gap` later.
    pub(crate) async fn turn(&self, kind: Kind, gap: Duration) {
        let at = {
            let mut next = self.next(kind).lock().await;
            let at = next.unwrap_or_else(Instant::now).max(Instant::now());
            *next = Some(at + gap);
            at
        };
        sleep_until(at).await;
    }

    /// No turn before that much time has passed.
    pub(crate) async fn rest(&self, kind: Kind, span: Duration) {
        let mut next = self.next(kind).lock().await;
        let at = Instant::now() + span;
        *next = Some(next.unwrap_or(at).max(at));
    }

    fn next(&self, kind: Kind) -> &Mutex<Option<Instant>> {
        match kind {
            Kind::Multicast => &self.multicast,
            Kind::Push => &self.push,
        }
    }
}
