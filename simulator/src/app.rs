//! What every handler shares: the world, the time, the credentials, and who is watching.

use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::SimClock;
use crate::config::Credentials;
use crate::login::Keys;
use crate::world::World;

/// The longest that a long poll waits.
const LONGEST_POLL: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) credentials: Credentials,
    /// The simulator's own origin.
    pub(crate) url: String,
    pub(crate) bot_name: String,
    pub(crate) clock: SimClock,
    pub(crate) keys: Keys,
    pub(crate) http: reqwest::Client,
    pub(crate) stopping: CancellationToken,
    /// The names of all operations, which faults may hit.
    pub(crate) operations: OnceLock<Vec<&'static str>>,
    /// Everything that changed, for the page.
    pub(crate) notices: broadcast::Sender<Arc<Value>>,
    changes: watch::Sender<u64>,
    world: Mutex<World>,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    pub(crate) fn new(
        credentials: Credentials,
        url: String,
        bot_name: String,
        clock: SimClock,
        http: reqwest::Client,
        world: World,
    ) -> Self {
        Self(Arc::new(Shared {
            credentials,
            url,
            bot_name,
            clock,
            keys: Keys::generate(),
            http,
            stopping: CancellationToken::new(),
            operations: OnceLock::new(),
            notices: broadcast::Sender::new(1024),
            changes: watch::Sender::new(0),
            world: Mutex::new(world),
        }))
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Looks at the world or changes it, alone, and tells the watchers.
    pub(crate) fn world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.watched = self.notices.receiver_count() > 0;
        let result = act(&mut world);
        for notice in std::mem::take(&mut world.notices) {
            let _ = self.notices.send(Arc::new(notice));
        }
        if std::mem::take(&mut world.touched) {
            self.changes.send_modify(|count| *count += 1);
        }
        result
    }

    /// Asks `look` after every change until it answers, `wait_ms` (30 s at most) have passed or the
    /// simulator stops.
    pub(crate) async fn poll<T>(
        &self,
        wait_ms: u64,
        mut look: impl FnMut(&mut World) -> Option<T>,
    ) -> Option<T> {
        let mut changes = self.changes.subscribe();
        let search = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = self.world(&mut look) {
                    return Some(found);
                }
                if changes.changed().await.is_err() {
                    return None;
                }
            }
        };
        let limit = Duration::from_millis(wait_ms).min(LONGEST_POLL);
        tokio::select! {
            found = tokio::time::timeout(limit, search) => found.ok().flatten(),
            () = self.stopping.cancelled() => None,
        }
    }
}
