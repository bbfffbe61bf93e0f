//! When to stop, and by when.

use std::process;
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::telemetry;

/// A process that has not stopped by itself so long after it was told to is ended. Orchestrators must wait longer.
pub const HARD_STOP: Duration = Duration::from_secs(20);

/// The two signals that tell a process to stop: Kubernetes' and Ctrl-C.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> Self {
        Self {
            terminate: signal(SignalKind::terminate()).expect("SIGTERM can be handled"),
            interrupt: signal(SignalKind::interrupt()).expect("SIGINT can be handled"),
        }
    }

    async fn received(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Resolves at the first SIGTERM (Kubernetes) or SIGINT (Ctrl-C) from this call on. The process has 20 seconds from then on.
///
/// # Panics
///
/// If the process may not install signal handlers, or outside a runtime.
pub fn signal_received() -> impl Future<Output = ()> {
    let signals = StopSignals::listen();
    async {
        signals.received().await;
        // A thread, because a runtime that is stuck is a reason for this.
        thread::spawn(|| {
            thread::sleep(HARD_STOP);
            tracing::error!("some work did not end in time: the process ends without it");
            telemetry::flush();
            process::exit(1);
        });
    }
}

/// Waits for `delay`, or until somebody at a keyboard is less patient: a second signal ends the wait.
pub(crate) async fn wait(delay: Duration) {
    if delay.is_zero() {
        return;
    }
    tracing::info!(seconds = delay.as_secs(), "stopping: still accepting");
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        () = StopSignals::listen().received() => {}
    }
}
