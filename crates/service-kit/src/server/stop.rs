//! How a server stops.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Profile;

/// What real load balancers need to notice.
const PRODUCTION_DELAY: Duration = Duration::from_secs(5);

/// Longer waits belong to the orchestrator (`preStop`): the process ends 20 seconds after it was told to, at the latest.
const MAX_DELAY: u64 = 8;

/// How a service stops.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct StopConfig {
    /// How many seconds (0 to 8) to go on accepting after readiness has ended: as long as load balancers may need to
    /// notice. 5 unless set; 0 with PROFILE=dev. A second SIGTERM or Ctrl-C ends the wait.
    #[arg(long, env, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=MAX_DELAY))]
    pub shutdown_delay: Option<u64>,
}

impl StopConfig {
    /// Nothing stands before this service that would have to notice.
    pub const fn at_once() -> Self {
        Self {
            shutdown_delay: Some(0),
        }
    }

    /// The wait that this service is to keep.
    pub fn delay(&self, profile: Profile) -> Duration {
        match (self.shutdown_delay, profile) {
            (Some(seconds), _) => Duration::from_secs(seconds),
            (None, Profile::Production) => PRODUCTION_DELAY,
            (None, Profile::Dev) => Duration::ZERO,
        }
    }
}

/// The steps of a stop, as connections see them.
#[derive(Debug, Default)]
pub(super) struct Stages {
    closing: AtomicBool,
    /// No new connections, and no more requests on those that are idle.
    pub(super) finishing: CancellationToken,
    /// Whatever still runs is dropped.
    pub(super) abandoned: CancellationToken,
}

impl Stages {
    /// From now on every answer says that it is its connection's last.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    pub(super) fn are_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    pub(super) fn finish(&self) {
        self.close();
        self.finishing.cancel();
    }
}
