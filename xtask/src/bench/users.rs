//! `cargo xtask bench users`: what the members' API answers and takes with a million members, on either store.

mod cells;
mod population;
mod targets;

use cells::Plan;
use population::{Population, Subject};

use super::cell::Group;
use super::common::Common;
use super::report::{Report, Row, median};
use super::round::{self, Measured, measure};

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,

    /// How many members there are. Memory is compared with a hundredth of them.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(2_000..))]
    members: u64,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let Options { common, members } = options;
    let mut plan = Plan::new(*members);
    if common.lists(plan.names()) {
        return Ok(());
    }
    common.build(&["bench", "api-users", "webhook"])?;
    let mut report = Report::under_load("users", common);
    notes(&mut report);
    plan.keep(|name| common.wants(name));
    let mut population = Population::new(common.seconds)?;
    for subject in plan.subjects() {
        population.prepare(*subject)?;
    }
    for group in &plan.questions {
        let measured = measure(&mut population, group, common.rounds)?;
        report.rows.extend(measured.rows(group));
    }
    for cell in &plan.long {
        let sample = round::run(&mut population, cell)?;
        let row = round::row(cell.name.clone(), cell.load.connections, &[sample], &[]);
        report.rows.push(row);
    }
    for group in &plan.registrations {
        let measured = measure(&mut population, group, common.rounds)?;
        let mut rows = measured.rows(group);
        compare_with_accept(&mut rows, group, &measured);
        report.rows.extend(rows);
    }
    for row in &mut report.rows {
        // One at a time, nobody is quicker than the other's question is long.
        if row.connections == Some(1) {
            (row.ratio, row.cpu_ratio) = (None, None);
        }
    }
    report.note_disturbance();
    report.targets = targets::judge(&report.rows, *members);
    report.publish()
}

/// Says of each registration how many there were to one accepted event, round by round.
fn compare_with_accept(rows: &mut [Row], group: &Group<Subject>, measured: &Measured) {
    let cells = || group.cells.iter().zip(&measured.cells);
    for (cell, registered) in cells() {
        let Subject::Members { store, .. } = cell.subject else {
            continue;
        };
        let accept = cells().find(|(other, _)| other.subject == Subject::Webhook(store));
        let Some((_, accepted)) = accept else {
            continue;
        };
        let ratios = registered.iter().zip(accepted);
        let ratios = ratios.map(|(one, other)| one.sample.per_s / other.sample.per_s);
        let to_accept = median(ratios.collect());
        if let Some(row) = rows.iter_mut().find(|row| row.name == cell.name) {
            row.to_accept = to_accept;
        }
    }
}

fn notes(report: &mut Report) {
    report.note("look-up: `GET /users/{luid}/membership`, of members in no order, and of a stranger once in ten. document: `GET /users/{luid}`.");
    report.note(format!("At {}/s the time counts from when the request was due. What the service writes once a minute about everybody who was looked up falls into the one run that is longer than a minute.", cells::RATE));
    report.note("page: 100 members from the middle of the list, for an operator, so that each request is written down before it is answered. The way there, in pages of 1000, counts for peak memory alone. count: `POST /audiences/preview`.");
    report.note("whole audience: requests are members, p50 and p99 the time of all of them.");
    report.note("register: a member and a consent, stored for good before the 201. accept: the webhook of `cargo xtask bench webhook`, taking events in the same round.");
}
