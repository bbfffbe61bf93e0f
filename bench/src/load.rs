//! Sends requests, cheaply enough that the server's core is what limits.

mod caller;
mod closed;
mod figures;
mod open;
mod requests;

use std::net::SocketAddr;
use std::time::Duration;

pub(crate) use caller::Caller;
pub(crate) use figures::Figures;
pub(crate) use requests::Requests;

use crate::delivery::{Deliveries, Kind};
use crate::say;

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pace: Pace,

    /// How many events one request delivers.
    #[arg(long, default_value_t = 1)]
    events: u64,

    /// What the events ask for.
    #[arg(long, value_enum, default_value_t = Kind::Message)]
    kind: Kind,

    /// Signs with another secret.
    #[arg(long)]
    forged: bool,
}

/// How fast, and for how long.
#[derive(clap::Args)]
pub(crate) struct Pace {
    /// Who is loaded.
    #[arg(long)]
    pub(crate) target: SocketAddr,

    /// How many keep-alive connections.
    #[arg(long, default_value_t = 64)]
    connections: usize,

    /// How many requests a second; as many as are answered if not given.
    #[arg(long)]
    rate: Option<f64>,

    /// How long before figures count.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,

    /// How long figures count.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,

    /// Ends after this many requests, if that is sooner.
    #[arg(long)]
    requests: Option<u64>,

    /// The number of the first event or new member; none may reach one database twice.
    #[arg(long, default_value_t = 0)]
    pub(crate) first: u64,
}

/// More requests a second than anything here answers.
const AT_MOST: f64 = 250_000.0;

/// Delivers signed events.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let deliveries = Deliveries::prepare(
        options.kind,
        options.pace.first,
        options.pace.count(),
        options.events,
        options.forged,
    );
    send(&options.pace, Requests::Deliveries(deliveries))
}

/// Sends the requests and reports.
pub(crate) fn send(pace: &Pace, requests: Requests) -> anyhow::Result<()> {
    let window = Window {
        warm_up: Duration::from_secs_f64(pace.warm_up),
        seconds: Duration::from_secs_f64(pace.seconds),
    };
    let (figures, took) = match pace.rate {
        None => closed::run(pace, requests, window)?,
        Some(rate) => open::run(pace, &requests, window, rate)?,
    };
    say(&figures.report(took)?);
    Ok(())
}

impl Pace {
    /// How many requests that takes at most.
    pub(crate) fn count(&self) -> u64 {
        let span = self.warm_up + self.seconds;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count far below the limits of both types"
        )]
        let needed = (span * self.rate.unwrap_or(AT_MOST)) as u64;
        self.requests.map_or(needed, |most| most.min(needed))
    }
}

/// When figures count.
#[derive(Clone, Copy)]
struct Window {
    warm_up: Duration,
    seconds: Duration,
}
