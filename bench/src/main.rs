#![doc = include_str!("../README.md")]

mod delivery;
mod echo;
mod http;
mod load;
mod push;
mod reference;
mod stub;
mod users;

use clap::{Parser, Subcommand};

/// The channel secret of every measurement.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// What `cargo xtask bench` measures with.
#[derive(Parser)]
#[command(name = "bench", version)]
struct Cli {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// Verifies, parses and answers; stores nothing.
    Reference(reference::Options),
    /// Plays api-users' membership look-up and LINE's reply.
    Stub(stub::Options),
    /// Delivers signed events.
    Load(load::Options),
    /// Delivers one message at a time and waits for its reply.
    Echo(echo::Options),
    /// Makes callers whom the members' API believes.
    Callers(users::callers::Options),
    /// Puts members into a database that api-users has made and that nobody serves.
    Members(users::fill::Options),
    /// Asks the members' API.
    Ask(users::ask::Options),
    /// Reads a whole audience, over and over.
    Stream(users::stream::Options),
    /// Plays the members' API with a large audience, and LINE's multicast.
    Partners(push::partners::Options),
    /// Sends to so many members with nothing around the calls.
    Bare(push::bare::Options),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().part {
        Part::Reference(options) => reference::run(&options),
        Part::Stub(options) => stub::run(&options),
        Part::Load(options) => load::run(&options),
        Part::Echo(options) => echo::run(&options),
        Part::Callers(options) => users::callers::run(&options),
        Part::Members(options) => users::fill::run(&options),
        Part::Ask(options) => users::ask::run(&options),
        Part::Stream(options) => users::stream::run(&options),
        Part::Partners(options) => push::partners::run(&options),
        Part::Bare(options) => push::bare::run(&options),
    }
}

/// Tells whoever measures.
#[expect(
    clippy::print_stdout,
    reason = "whoever measures reads standard output"
)]
fn say(line: &str) {
    println!("{line}");
}
