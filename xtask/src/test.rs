//! `cargo xtask test`: everything a change must pass.

use std::time::Instant;

use crate::shell::{cargo, say, step, succeeds};
use crate::tools::{BROWSER, POSTGRESQL};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Leaves out what needs a browser or a database server.
    #[arg(long)]
    quick: bool,

    /// Runs the tests alone: no format, lints or documentation.
    #[arg(long)]
    only_tests: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let start = Instant::now();
    say("==> looking for what the tests need");
    if !options.quick {
        BROWSER.ensure()?;
        POSTGRESQL.ensure()?;
    }
    if !options.only_tests {
        check()?;
    }
    // The journeys start the real programs.
    step(
        "building the programs",
        &mut cargo(&["build", "--locked", "--workspace", "--bins"]),
    )?;
    test(options.quick)?;
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

fn test(quick: bool) -> anyhow::Result<()> {
    if succeeds("cargo", &["nextest", "--version"]) {
        let mut arguments = vec!["nextest", "run", "--locked", "--workspace"];
        if quick {
            arguments.extend(["--filter-expr", "not test(/^browser::/)"]);
        }
        return step("tests", &mut cargo(&arguments));
    }
    say("    cargo-nextest is not installed; `cargo test` does as well, if more slowly");
    let mut arguments = vec!["test", "--locked", "--workspace", "--no-fail-fast"];
    if quick {
        arguments.extend(["--", "--skip", "browser::"]);
    }
    step("tests", &mut cargo(&arguments))
}
