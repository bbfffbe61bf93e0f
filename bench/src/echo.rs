//! How long a person waits: from the moment a message leaves for the webhook until its reply arrives at LINE.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::net::TcpListener;

use crate::delivery::{Deliveries, Kind};
use crate::load::{Caller, Figures};
use crate::say;
use crate::stub::Stub;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The webhook.
    #[arg(long)]
    target: SocketAddr,

    /// Where to play api-users and LINE.
    #[arg(long)]
    stub: SocketAddr,

    /// How many messages.
    #[arg(long, default_value_t = 200)]
    messages: u64,

    /// The number of the first event.
    #[arg(long, default_value_t = 0)]
    first: u64,
}

/// Between a reply and the next message, for the machine to come to rest.
const PAUSE: Duration = Duration::from_millis(15);

/// A reply that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let arrivals = play(options.stub)?;
    let deliveries = Deliveries::prepare(Kind::Message, options.first, options.messages, 1, false);
    let mut caller = Caller::connect(options.target)?;
    let mut figures = Figures::default();
    let mut request = Vec::new();
    say("begin");
    let begin = Instant::now();
    for index in 0..deliveries.count() {
        deliveries.write(index, &mut request);
        let left = Instant::now();
        let status = caller.call(&request)?.status;
        ensure!(status == 200, "the webhook answered {status}");
        let arrived = arrivals.recv_timeout(PATIENCE).context("no reply came")?;
        figures.record(status, arrived.duration_since(left));
        thread::sleep(PAUSE);
    }
    say("end");
    say(&figures.report(begin.elapsed())?);
    Ok(())
}

/// Plays them in a thread of its own, and tells when each reply arrives.
fn play(listen: SocketAddr) -> anyhow::Result<mpsc::Receiver<Instant>> {
    let (tell, arrivals) = mpsc::channel();
    let on_reply = Box::new(move |_: &[u8]| {
        let _ = tell.send(Instant::now());
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let listener = runtime.block_on(TcpListener::bind(listen))?;
    thread::spawn(move || runtime.block_on(Stub::new(false, on_reply).serve(listener)));
    Ok(arrivals)
}
