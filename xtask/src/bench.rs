//! `cargo xtask bench`: figures, measured on the machine at hand.

mod cell;
mod common;
mod lab;
mod load;
mod machine;
mod push;
mod report;
mod round;
mod server;
mod site;
mod start;
mod users;
mod watch;
mod webhook;

/// What to measure.
#[derive(clap::Subcommand)]
pub(crate) enum Bench {
    /// Start to ready, and idle memory, of each service in a release build.
    Start(start::Options),
    /// Events per second, time to the answer and cost of the webhook, beside a server that stores nothing.
    Webhook(webhook::Options),
    /// Look-ups, pages, counts, audiences and registrations of the members' API with a million members.
    Users(users::Options),
    /// Pages per second of the website on one core, and how soon they come.
    Site(site::Options),
    /// A scheduled message to a million members, beside the same calls with nothing around them.
    Push(push::Options),
}

pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Start(options) => start::run(options),
        Bench::Webhook(options) => webhook::run(options),
        Bench::Users(options) => users::run(options),
        Bench::Push(options) => push::run(options),
        Bench::Site(options) => site::run(options),
    }
}
