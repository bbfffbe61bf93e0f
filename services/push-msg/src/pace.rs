//! No more calls than LINE allows, whoever makes them.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// Half of what LINE allows for multicast (200 a second): the bot and a second pusher have room.
const CALLS_PER_SECOND: u32 = 100;

/// Hands out turns, evenly spaced.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Option<Instant>>);

impl Pace {
    /// Waits for the next turn.
    pub(crate) async fn turn(&self) {
        let at = {
            let mut next = self.0.lock().await;
            let at = next.unwrap_or_else(Instant::now).max(Instant::now());
            *next = Some(at + Duration::from_secs(1) / CALLS_PER_SECOND);
            at
        };
        sleep_until(at).await;
    }
}
