//! One replica of one part.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use testkit::port;
use testkit::process::{Process, Program, Signal};

/// A process that was told to end has ended by then.
const EXIT: Duration = Duration::from_secs(20);

/// A replica with an address of its own, as pods have: Traefik tells them apart by that.
pub(super) struct Pod {
    pub(super) public: SocketAddr,
    internal: SocketAddr,
    pub(super) process: Process,
}

impl Pod {
    /// Starts it, and waits until it is ready.
    pub(super) async fn start(program: Program, ip: IpAddr) -> Self {
        let addr = || SocketAddr::from((ip, port::free()));
        let (public, internal) = (addr(), addr());
        let program = program
            .env("LISTEN_ADDR", public.to_string())
            .env("INTERNAL_ADDR", internal.to_string());
        let mut pod = Self {
            public,
            internal,
            process: program.start().unwrap(),
        };
        pod.ready().await;
        pod
    }

    /// Waits until it says that it is ready.
    pub(super) async fn ready(&mut self) {
        let ready = self.process.ready(self.internal).await;
        ready.unwrap_or_else(|error| panic!("{error:#}\n{}", self.process.said()));
    }

    /// Tells it to end, as the kubelet does, and says how long that took.
    pub(super) async fn stop(mut self) -> Duration {
        let told = Instant::now();
        self.process.signal(Signal::TERM).unwrap();
        let status = self.process.exit(EXIT).await.unwrap();
        assert!(status.success(), "{status}: {}", self.process.said());
        told.elapsed()
    }
}
