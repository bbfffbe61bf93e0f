//! `cargo xtask recovery`: what it costs to lose a container, a node or a version, measured in the cluster at hand.

mod kubectl;
mod load;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use self::kubectl::Standing;
use self::load::Load;
use crate::shell::say;

/// How often the cluster is asked.
const LOOK: Duration = Duration::from_millis(200);
/// A cluster that is not whole again after this will not be.
const PATIENCE: Duration = Duration::from_mins(15);
/// Before each blow, so that nothing of the one before is counted.
const CALM: Duration = Duration::from_secs(10);

/// What to do, and where.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where the ingress answers.
    #[arg(long, default_value = "http://localhost:8080")]
    url: String,

    /// Requests a second: half of them events that are not signed, which webhook itself refuses, half of them pages.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=1000))]
    rate: u32,

    /// The part that is hit.
    #[arg(long, default_value = "webhook")]
    part: String,

    /// Kills the part's process on a node; {node} and {part} are filled in. With Vagrant:
    /// vagrant ssh {node} --command 'sudo pkill -9 -x {part}'
    #[arg(long, default_value = "docker exec {node} pkill -9 -x {part}")]
    kill_container: String,

    /// Takes a node away. With Vagrant: vagrant suspend {node}
    #[arg(long, default_value = "docker pause {node}")]
    cut_node: String,

    /// Brings it back. With Vagrant: vagrant resume {node}
    #[arg(long, default_value = "docker unpause {node}")]
    mend_node: String,
}

/// What one blow cost.
struct Cost {
    blow: &'static str,
    /// Until the cluster had fewer replicas ready; never, where none was missing at any look.
    detected: Option<Duration>,
    /// Until it had all of them again, on nodes that are there.
    recovered: Duration,
    requests: usize,
    failed: usize,
    slowest: Duration,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let standing = Standing::of(&options.part)?;
    ensure!(
        standing.wanted >= 2 && standing.is_whole(),
        "{} has {} of {} replicas ready; two or more are needed (the overlay `kind`)",
        options.part,
        standing.ready,
        standing.wanted
    );
    let blows: [(&'static str, Blow); 3] = [
        ("container killed", kill),
        ("node lost", cut),
        ("rollout", roll),
    ];
    let mut costs = Vec::new();
    for (name, blow) in blows {
        say(&format!("==> {name}"));
        costs.push(measure(options, name, blow)?);
    }
    say(
        "\n| blow | detected | recovered | requests | failed | slowest |\n|---|---:|---:|---:|---:|---:|",
    );
    for cost in &costs {
        let detected = cost
            .detected
            .map_or("–".into(), |time| format!("{:.1} s", time.as_secs_f64()));
        say(&format!(
            "| {} | {detected} | {:.1} s | {} | {} | {:.1} s |",
            cost.blow,
            cost.recovered.as_secs_f64(),
            cost.requests,
            cost.failed,
            cost.slowest.as_secs_f64()
        ));
    }
    Ok(())
}

/// Strikes, and returns what undoes it.
type Blow = fn(&Options) -> anyhow::Result<Option<String>>;

fn measure(options: &Options, name: &'static str, blow: Blow) -> anyhow::Result<Cost> {
    let load = Load::start(&options.url, options.rate)?;
    thread::sleep(CALM);
    let before = Standing::of(&options.part)?;
    let struck = Instant::now();
    let undo = blow(options)?;
    let watched = watch(options, &before, struck);
    // A node comes back whatever was seen.
    if let Some(undo) = undo {
        shell(&undo)?;
        kubectl::wait_for_nodes()?;
    }
    let (detected, recovered) = watched?;
    thread::sleep(CALM);
    let answers = load.stop();
    Ok(Cost {
        blow: name,
        detected,
        recovered,
        requests: answers.requests,
        failed: answers.failed,
        slowest: answers.slowest,
    })
}

/// When the loss was noticed, and when there were enough again.
fn watch(
    options: &Options,
    before: &Standing,
    struck: Instant,
) -> anyhow::Result<(Option<Duration>, Duration)> {
    let mut detected = None;
    while struck.elapsed() < PATIENCE {
        thread::sleep(LOOK);
        let now = Standing::of(&options.part)?;
        if detected.is_none() && now.differs_from(before) {
            detected = Some(struck.elapsed());
        }
        // A container that was back between two looks has been started once more.
        if detected.is_some() && now.is_whole() {
            return Ok((detected, struck.elapsed()));
        }
    }
    bail!("{} is not whole again after {PATIENCE:?}", options.part)
}

fn kill(options: &Options) -> anyhow::Result<Option<String>> {
    let node = kubectl::a_node_of(&options.part)?;
    shell(&filled(&options.kill_container, &node, &options.part))?;
    Ok(None)
}

fn cut(options: &Options) -> anyhow::Result<Option<String>> {
    let node = kubectl::a_node_of(&options.part)?;
    shell(&filled(&options.cut_node, &node, &options.part))?;
    Ok(Some(filled(&options.mend_node, &node, &options.part)))
}

fn roll(options: &Options) -> anyhow::Result<Option<String>> {
    kubectl::restart(&options.part)?;
    Ok(None)
}

fn filled(template: &str, node: &str, part: &str) -> String {
    template.replace("{node}", node).replace("{part}", part)
}

fn shell(command: &str) -> anyhow::Result<()> {
    say(&format!("    {command}"));
    let status = Command::new("sh")
        .args(["-c", command])
        .status()
        .context("cannot run sh")?;
    ensure!(status.success(), "{command}: {status}");
    Ok(())
}
