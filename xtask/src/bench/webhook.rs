//! `cargo xtask bench webhook`: what an accepted event costs, and how many a core takes.
//!
//! The server and its database have one core, whoever loads them the other. A core's speed changes from minute to
//! minute, so that every round holds two runs of the reference, and only ratios within a round mean anything.

mod cell;
mod depth;
mod echo;
mod peers;
pub(super) mod server;
mod slow;
mod targets;

use server::{Members, Subject};

use super::cell::{Cell, Group};
use super::common::Common;
use super::lab::Lab;
use super::report::Report;
use super::round::measure;
use super::server::Store;

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,

    /// Also measures LINE's own SDKs in their usual frameworks: @line/bot-sdk with Express, line-bot-sdk with
    /// `FastAPI`. Installs them into `target/bench/peers`.
    #[arg(long)]
    peers: bool,
}

/// How many requests a second the runs at a fixed rate get.
const RATE: f64 = 200.0;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let groups = groups(options.peers);
    let Options { common, peers } = options;
    let names = groups.iter().flat_map(|group| &group.cells);
    let names = names.map(|cell| cell.name.as_str());
    if common.lists(names.chain([echo::NAME, depth::NAME, slow::NAME])) {
        return Ok(());
    }
    common.build(&["bench", "webhook"])?;
    let mut report = Report::under_load("webhook", common);
    notes(&mut report);
    let mut lab = Lab::new(common.seconds)?;
    if *peers {
        peers::install()?;
    }
    for mut group in groups {
        if group.keep(|name| common.wants(name)) {
            let measured = measure(&mut lab, &group, common.rounds)?;
            report.rows.extend(measured.rows(&group));
        }
    }
    if common.wants(echo::NAME) {
        report.rows.extend(echo::run(&mut lab, common.rounds)?);
    }
    if common.wants(slow::NAME) {
        report.rows.extend(slow::run(&mut lab, common.rounds)?);
    }
    if common.wants(depth::NAME) {
        report.rows.extend(depth::run(&mut lab)?);
    }
    report.note_disturbance();
    report.targets = targets::judge(&report.rows);
    report.publish()
}

fn groups(with_peers: bool) -> Vec<Group<Subject>> {
    let closed = |connections| Group {
        reference: Cell::closed("reference", Subject::Reference, connections),
        cells: cells(with_peers, |name, subject| {
            Cell::closed(name, subject, connections)
        }),
    };
    let mut groups = vec![closed(64), closed(256)];
    groups[0].cells.push(Cell::forged(64));
    for store in Store::ALL {
        groups[0].cells.push(Cell::to_last_reply(store, 64));
    }
    groups.push(Group {
        reference: Cell::open("reference", Subject::Reference, RATE),
        cells: cells(with_peers, |name, subject| Cell::open(name, subject, RATE)),
    });
    groups
}

fn cells(with_peers: bool, cell: impl Fn(&str, Subject) -> Cell<Subject>) -> Vec<Cell<Subject>> {
    let mut cells = Vec::new();
    for store in Store::ALL {
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
    report.note("accept: text messages, stored for good before the 200, with the worker running but waiting for a members' API that does not answer; so that this is the cost of taking an event.");
    report.note("accept and finish: events that ask for nothing, which the worker takes up and finishes beside the load.");
    report.note("whole way: text messages, looked up and replied to beside the load. `acks` are answers to the webhook's caller, `replies` arrived at LINE's stub within the same seconds.");
    report.note("whole way to the last reply: 20,000 such messages, from the first delivery to the last reply; time and CPU are of all of it, p50 and p99 of the acks.");
    report.note(format!(
        "At {RATE}/s the time counts from when the request was due."
    ));
}
