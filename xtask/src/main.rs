//! The project's own chores: `cargo xtask test`, `cargo xtask mutants`, `cargo xtask bench` and what clusters need.

mod bench;
mod images;
mod mutants;
mod process;
mod recovery;
mod shell;
mod test;
mod tools;

use clap::{Parser, Subcommand};

/// Chores of the Kaiin workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Finds or installs what the tests need, then checks everything: format, lints, documentation, tests.
    Test(test::Options),
    /// Breaks each important guarantee on purpose, and shows which named test goes red.
    Mutants(mutants::Options),
    /// Measures, and prints a table with medians. Says what machine it saw.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Makes the images of the Dockerfile as OCI archives in `target/images`, without a daemon.
    Images(images::Options),
    /// Kills a container, takes a node away and rolls out, in the cluster at hand and under load; prints what it cost.
    Recovery(recovery::Options),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().chore {
        Chore::Test(options) => test::run(&options),
        Chore::Mutants(options) => mutants::run(&options),
        Chore::Bench(bench) => bench::run(&bench),
        Chore::Images(options) => images::run(&options),
        Chore::Recovery(options) => recovery::run(&options),
    }
}
