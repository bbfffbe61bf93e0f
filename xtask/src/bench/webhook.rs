//! `cargo xtask bench webhook`: what an accepted event costs, and how many a core takes.
//!
//! The server and its database have one core, whoever loads them the other. A core's speed changes from minute to
//! minute, so that every round holds two runs of the reference, and only ratios within a round mean anything.

mod cell;
mod depth;
mod lab;
mod load;
mod peers;
mod round;
mod server;
mod slow;
mod targets;

use std::time::Duration;

use cell::{Cell, Group};
use lab::Lab;
use server::{Members, Store, Subject};

use super::report::{Report, Row};
use crate::process::Core;
use crate::shell::{cargo, say, step};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often everything is measured; the table shows medians.
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// How long each figure is measured.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,

    /// Measures only what has this in its name, beside the reference. May be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// Also measures LINE's own SDKs in their usual frameworks: @line/bot-sdk with Express, line-bot-sdk with
    /// `FastAPI`. Installs them into `target/bench/peers`.
    #[arg(long)]
    peers: bool,

    /// Measures the programs as they are in `target/release`.
    #[arg(long)]
    no_build: bool,

    /// Prints the names of everything that is measured, and measures nothing.
    #[arg(long)]
    list: bool,
}

/// The part of its core that the reference has at least when nothing else runs.
const QUIET: f64 = 0.9;

/// How many requests a second the runs at a fixed rate get.
const RATE: f64 = 200.0;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let groups = groups(options.peers);
    if options.list {
        for name in groups
            .iter()
            .flat_map(|group| &group.cells)
            .map(|cell| &cell.name)
        {
            say(name);
        }
        for name in [lab::ECHO, depth::NAME, slow::NAME] {
            say(name);
        }
        return Ok(());
    }
    let wanted = |name: &str| {
        options.only.is_empty() || options.only.iter().any(|only| name.contains(only.as_str()))
    };
    if !options.no_build {
        let build = [
            "build",
            "--release",
            "--locked",
            "-p",
            "bench",
            "-p",
            "webhook",
        ];
        step("building for release", &mut cargo(&build))?;
    }
    let mut report = Report::new("webhook", options.rounds);
    notes(&mut report);
    let mut lab = Lab::new(options.seconds)?;
    if options.peers {
        peers::install()?;
    }
    let mut rows = Vec::new();
    for mut group in groups {
        group.cells.retain(|cell| wanted(&cell.name));
        if !group.cells.is_empty() {
            rows.extend(round::run(&mut lab, &group, options.rounds)?);
        }
    }
    if wanted(lab::ECHO) {
        rows.extend(lab.echoes(options.rounds)?);
    }
    if wanted(slow::NAME) {
        rows.extend(slow::run(&mut lab, options.rounds)?);
    }
    if wanted(depth::NAME) {
        rows.extend(depth::run(&mut lab)?);
    }
    if let Some(core) = reference_core(&rows).filter(|core| *core < QUIET) {
        report.note(format!("SOMETHING ELSE RAN: the reference had {core:.2} of its core, which it fills on a quiet machine. Requests per second are then no measure, and their ratios too good; believe the CPU times."));
    }
    report.rows = rows;
    report.targets = targets::judge(&report.rows);
    report.publish()
}

/// How much of its core the reference had when it could have had all.
fn reference_core(rows: &[Row]) -> Option<f64> {
    let reference = rows.iter().find(|row| row.name == "reference")?;
    reference.core
}

fn groups(with_peers: bool) -> Vec<Group> {
    let closed = |connections| Group {
        reference: Cell::closed("reference", Subject::Reference, connections),
        cells: cells(with_peers, |name, subject| {
            Cell::closed(name, subject, connections)
        }),
    };
    let mut groups = vec![closed(64), closed(256)];
    groups[0].cells.push(Cell::forged(64));
    for store in [Store::Sqlite, Store::Postgres] {
        groups[0].cells.push(Cell::to_last_reply(store, 64));
    }
    groups.push(Group {
        reference: Cell::open("reference", Subject::Reference, RATE),
        cells: cells(with_peers, |name, subject| Cell::open(name, subject, RATE)),
    });
    groups
}

fn cells(with_peers: bool, cell: impl Fn(&str, Subject) -> Cell) -> Vec<Cell> {
    let mut cells = Vec::new();
    for store in [Store::Sqlite, Store::Postgres] {
        let webhook = |members| Subject::Webhook { store, members };
        cells.push(cell(&format!("accept, {store}"), webhook(Members::Silent)));
        cells.push(
            cell(
                &format!("accept and finish, {store}"),
                webhook(Members::Answering),
            )
            .asking_nothing(),
        );
        cells.push(
            cell(&format!("whole way, {store}"), webhook(Members::Answering)).counting_replies(),
        );
    }
    if with_peers {
        for peer in peers::ALL {
            cells.push(
                cell(peer.accept_name, Subject::Peer(peer, Members::Silent))
                    .warmed_up(peer.warm_up),
            );
            cells.push(
                cell(peer.whole_name, Subject::Peer(peer, Members::Answering))
                    .warmed_up(peer.warm_up)
                    .counting_replies(),
            );
        }
    }
    cells
}

fn notes(report: &mut Report) {
    if Core::can_pin() {
        report.note("The server and its database have core 0, load and stub core 1; CPU is of both, memory of the server alone.");
    } else {
        report.note("NOT PINNED to cores, for want of `taskset` or of a second core: the load takes from the server.");
    }
    report.note("reference: axum, the signature verified, the JSON parsed, 200; nothing stored. Every ratio is to the two reference runs of the same round.");
    report.note("accept: text messages, stored for good before the 200, with the worker running but waiting for a members' API that does not answer; so that this is the cost of taking an event.");
    report.note("accept and finish: events that ask for nothing, which the worker takes up and finishes beside the load.");
    report.note("whole way: text messages, looked up and replied to beside the load. `acks` are answers to the webhook's caller, `replies` arrived at LINE's stub within the same seconds.");
    report.note("whole way to the last reply: 20,000 such messages, from the first delivery to the last reply; time and CPU are of all of it, p50 and p99 of the acks.");
    report.note(format!(
        "At {RATE}/s the time counts from when the request was due."
    ));
}

/// A round's seconds as a span.
fn span(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}
