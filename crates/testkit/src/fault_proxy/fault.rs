//! What goes wrong.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From who connected to who listens.
    ToServer,
    /// The way back.
    ToClient,
}

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Passes everything on.
    Pass,
    /// Resets every connection, as a machine does on which nothing listens (any more).
    Refuse,
    /// Accepts, takes everything, passes nothing on, for ever lost: a middlebox that forgot the connection.
    Blackhole,
    /// Passes nothing on until the mode changes: a link that is down for a while, or a process that is stopped.
    Stall,
    /// Holds every piece for so long.
    Delay(Duration),
    /// Passes on a byte at a time, one in so long.
    Trickle(Duration),
    /// Resets a connection after it passed on so many bytes in one direction.
    CutAfter(Direction, u64),
    /// Says in one direction that nothing more comes, and goes on in the other.
    HalfClose(Direction),
}

/// Where a hook cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Before,
    After,
}

type Hook = Box<dyn FnMut(Direction, &[u8]) -> bool + Send>;

/// What a proxy and its connections share.
pub(super) struct Faults {
    pub(super) mode: watch::Sender<Mode>,
    pub(super) cut: Notify,
    pub(super) connections: Count,
    pub(super) cuts: Count,
    to_server: Count,
    to_client: Count,
    upstream: Mutex<SocketAddr>,
    hook: Mutex<Option<(When, Hook)>>,
}

impl Faults {
    pub(super) fn new(upstream: SocketAddr) -> Self {
        Self {
            mode: watch::Sender::new(Mode::Pass),
            cut: Notify::new(),
            connections: Count::default(),
            cuts: Count::default(),
            to_server: Count::default(),
            to_client: Count::default(),
            upstream: Mutex::new(upstream),
            hook: Mutex::new(None),
        }
    }

    pub(super) fn upstream(&self) -> MutexGuard<'_, SocketAddr> {
        self.upstream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hook(&self) -> MutexGuard<'_, Option<(When, Hook)>> {
        self.hook.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the hook cuts a connection on which these bytes go.
    pub(super) fn ask(&self, direction: Direction, bytes: &[u8]) -> Option<When> {
        let mut hook = self.hook();
        let (when, hook) = hook.as_mut()?;
        hook(direction, bytes).then_some(*when)
    }

    pub(super) fn passed(&self, direction: Direction) -> &Count {
        match direction {
            Direction::ToServer => &self.to_server,
            Direction::ToClient => &self.to_client,
        }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
