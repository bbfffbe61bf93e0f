//! `cargo xtask test`: everything a change must pass.

mod tests;

use std::time::Instant;

use crate::mutants;
use crate::shell::{cargo, say, step, succeeds};
use crate::tools::{
    AXE, BROWSER, FOR_CLUSTERS, IPROUTE, POSTGRESQL, SCHEMATHESIS, STRACE, TRAEFIK,
};

#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Options {
    /// Leaves out what needs a browser or a database server.
    #[arg(long, conflicts_with_all = ["full", "soak"])]
    quick: bool,

    /// Runs the tests alone: no format, lints or documentation.
    #[arg(long)]
    only_tests: bool,

    /// Also the proofs at the sizes that are promised, with release builds, and `cargo xtask mutants`; an hour.
    #[arg(long, conflicts_with = "soak")]
    full: bool,

    /// Only the proofs, for hours: whether anything is lost or grows in the long run.
    #[arg(long)]
    soak: bool,

    /// How many seeds each proof goes through, instead of its own number. A proof that fails prints its seed and the
    /// command that replays it.
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
}

/// How much of a proof a run goes through; also the word that tests are told in `TEST_TIER`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tier {
    Quick,
    Full,
    Soak,
}

impl Tier {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Full => "full",
            Self::Soak => "soak",
        }
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let start = Instant::now();
    let tier = match (options.full, options.soak) {
        (_, true) => Tier::Soak,
        (true, _) => Tier::Full,
        _ => Tier::Quick,
    };
    say("==> looking for what the tests need");
    if !options.quick {
        let tools = [
            BROWSER,
            AXE,
            POSTGRESQL,
            SCHEMATHESIS,
            STRACE,
            TRAEFIK,
            IPROUTE,
        ];
        for tool in tools.iter().chain(&FOR_CLUSTERS) {
            tool.ensure()?;
        }
    }
    if !options.only_tests && tier != Tier::Soak {
        check()?;
    }
    tests::run(tier, options.quick, options.seeds)?;
    if tier == Tier::Full {
        mutants::run(&mutants::Options::default())?;
    }
    say(&format!(
        "==> all is well, after {:.0} s",
        start.elapsed().as_secs_f64()
    ));
    Ok(())
}

fn check() -> anyhow::Result<()> {
    step("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    let lints = [
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ];
    step("lints", &mut cargo(&lints))?;
    let mut doc = cargo(&["doc", "--locked", "--workspace", "--no-deps", "--quiet"]);
    step("documentation", doc.env("RUSTDOCFLAGS", "--deny warnings"))?;
    if succeeds("cargo", &["deny", "--version"]) {
        step(
            "dependencies",
            &mut cargo(&["deny", "check", "bans", "licenses", "sources"]),
        )?;
    } else {
        say(
            "    dependencies: cargo-deny is not installed; the tidy tests still guard who may use sqlx",
        );
    }
    Ok(())
}
