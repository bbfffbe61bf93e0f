//! Delivers signed events, cheaply enough that the server's core is what limits.

mod caller;
mod closed;
mod figures;
mod open;

use std::net::SocketAddr;
use std::time::Duration;

pub(crate) use caller::Caller;
pub(crate) use figures::Figures;

use crate::delivery::{Deliveries, Kind};
use crate::say;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Who is loaded.
    #[arg(long)]
    target: SocketAddr,

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

    /// The number of the first event; no event may reach one database twice.
    #[arg(long, default_value_t = 0)]
    first: u64,

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

/// More requests a second than anything here answers.
const AT_MOST: f64 = 250_000.0;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let span = options.warm_up + options.seconds;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count far below the limits of both types"
    )]
    let needed = (span * options.rate.unwrap_or(AT_MOST)) as u64;
    let count = options.requests.map_or(needed, |most| most.min(needed));
    let deliveries = Deliveries::prepare(
        options.kind,
        options.first,
        count,
        options.events,
        options.forged,
    );
    let window = Window {
        warm_up: Duration::from_secs_f64(options.warm_up),
        seconds: Duration::from_secs_f64(options.seconds),
    };
    let (figures, took) = match options.rate {
        None => closed::run(options, deliveries, window)?,
        Some(rate) => open::run(options, &deliveries, window, rate)?,
    };
    say(&figures.report(took)?);
    Ok(())
}

/// When figures count.
#[derive(Clone, Copy)]
struct Window {
    warm_up: Duration,
    seconds: Duration,
}
