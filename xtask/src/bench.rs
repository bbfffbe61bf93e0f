//! `cargo xtask bench`: figures, measured on the machine at hand.

mod machine;
mod report;
mod start;
mod webhook;

/// What to measure.
#[derive(clap::Subcommand)]
pub(crate) enum Bench {
    /// Start to ready, and idle memory, of each service in a release build.
    Start(start::Options),
    /// Events per second, time to the answer and cost of the webhook, beside a server that stores nothing.
    Webhook(webhook::Options),
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Start(options) => start::run(options),
        Bench::Webhook(options) => webhook::run(options),
    }
}
