//! `cargo xtask bench`: figures, measured on the machine at hand.

pub(crate) mod start;

/// What to measure.
#[derive(clap::Subcommand)]
pub(crate) enum Bench {
    /// Start to ready, and idle memory, of each service in a release build.
    Start(start::Options),
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Start(options) => start::run(options),
    }
}
