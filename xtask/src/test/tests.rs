//! The tests in their runs: everything once on SQLite, the owners of a store once more on PostgreSQL.

use std::process::Command;

use anyhow::Context as _;
use testkit::postgres::{Durability, Server};

use super::Tier;
use crate::images;
use crate::shell::{cargo, root, say, step, succeeds};
use crate::tools;

/// Whose tests run on both databases. What is about one of them stands in a module of its name.
const ON_BOTH: [&str; 4] = ["webhook", "api-users", "register-server", "push-msg"];

/// Everything, but for what only PostgreSQL can show of these packages.
const ON_SQLITE: &str = "not (test(/^postgres::/) & (package(webhook) | package(api-users) | package(register-server) | package(push-msg)))";
const ON_POSTGRES: &str = "not test(/^sqlite::/)";
const WITHOUT_TOOLS: &str = "not (test(/^browser::/) | test(/postgres/) | test(/^proof::/) | test(/^schemathesis::/) | test(/^manifests::/))";
const PROOFS: &str = "test(/^proof::/)";

pub(super) fn run(tier: Tier, quick: bool, seeds: Option<u64>) -> anyhow::Result<()> {
    let server = (!quick)
        .then(|| {
            say("==> starting PostgreSQL for the tests");
            Server::start(Durability::Fast).context("cannot start PostgreSQL")
        })
        .transpose()?;
    let tests = Tests {
        tier,
        seeds,
        server: server.as_ref().map(Server::url),
        nextest: succeeds("cargo", &["nextest", "--version"]),
    };
    if !tests.nextest {
        say("    cargo-nextest is not installed; `cargo test` does as well, if more slowly");
    }
    // Journeys and proofs start the real programs; at full size, as they are released.
    let mut build = cargo(&["build", "--locked", "--workspace", "--bins"]);
    match tier {
        Tier::Quick => {
            step("building the programs", &mut build)?;
            tests.on_sqlite(quick)
        }
        Tier::Full => {
            step("building the programs", &mut build)?;
            tests.on_sqlite(quick)?;
            step("building for release", build.arg("--release"))?;
            images::run(&images::Options::default())?;
            tests.proofs()
        }
        Tier::Soak => {
            step("building for release", build.arg("--release"))?;
            tests.proofs()
        }
    }?;
    if quick || tier == Tier::Soak {
        return Ok(());
    }
    tests.on_postgres()
}

struct Tests {
    tier: Tier,
    seeds: Option<u64>,
    server: Option<String>,
    nextest: bool,
}

impl Tests {
    fn on_sqlite(&self, quick: bool) -> anyhow::Result<()> {
        if self.nextest {
            let filter = match (quick, self.tier) {
                (true, _) => WITHOUT_TOOLS.to_owned(),
                (false, Tier::Quick) => ON_SQLITE.to_owned(),
                // These run as released, later.
                (false, _) => format!("({ON_SQLITE}) & not {PROOFS}"),
            };
            return self.step("tests", &["--workspace", "--filter-expr", &filter]);
        }
        let all: &[_] = if quick {
            &[
                "--skip",
                "browser::",
                "--skip",
                "proof::",
                "--skip",
                "postgres",
                "--skip",
                "schemathesis::",
                "--skip",
                "manifests::",
            ]
        } else {
            &[]
        };
        let others = ON_BOTH.iter().flat_map(|package| ["--exclude", package]);
        let mut arguments = vec!["--workspace"];
        arguments.extend(others);
        arguments.push("--");
        arguments.extend(all);
        self.step("tests", &arguments)?;
        let mut arguments = packages();
        arguments.extend(["--", "--skip", "postgres::"]);
        self.step("tests on SQLite", &arguments)
    }

    fn on_postgres(&self) -> anyhow::Result<()> {
        let mut arguments = packages();
        if self.nextest {
            arguments.extend(["--filter-expr", ON_POSTGRES]);
        } else {
            arguments.extend(["--", "--skip", "sqlite::"]);
        }
        let mut command = self.command(&arguments);
        step(
            "tests on PostgreSQL",
            command.env("TEST_DATABASE", "postgres"),
        )
    }

    /// The proofs, as released: also those that are for these tiers alone, and otherwise ignored.
    fn proofs(&self) -> anyhow::Result<()> {
        let mut arguments = vec!["--release", "--package", "journeys"];
        if self.nextest {
            arguments.extend(["--run-ignored", "all", "--filter-expr", PROOFS]);
        } else {
            arguments.extend(["--", "--include-ignored", "--test-threads=1", "proof::"]);
        }
        self.step(&format!("proofs, {}", self.tier.as_str()), &arguments)
    }

    fn step(&self, what: &str, arguments: &[&str]) -> anyhow::Result<()> {
        step(what, &mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = if self.nextest {
            cargo(&["nextest", "run", "--locked", "--no-tests", "warn"])
        } else {
            cargo(&["test", "--locked", "--no-fail-fast"])
        };
        if self.nextest && self.tier != Tier::Quick {
            // A proof at full size is no test that hangs.
            let limits = root().join("xtask/nextest.toml");
            command
                .args(["--profile", self.tier.as_str(), "--tool-config-file"])
                .arg(format!("xtask:{}", limits.display()));
        }
        command
            .args(arguments)
            .env("TEST_TIER", self.tier.as_str())
            .env("PATH", tools::path());
        if let Some(server) = &self.server {
            command.env("TEST_POSTGRES_URL", server);
        }
        if let Some(seeds) = self.seeds {
            command.env("TEST_SEEDS", seeds.to_string());
        }
        command
    }
}

fn packages() -> Vec<&'static str> {
    ON_BOTH
        .iter()
        .flat_map(|package| ["--package", package])
        .collect()
}
