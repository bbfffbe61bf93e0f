//! `cargo xtask bench site`: what the pages of the website cost, and how many a core draws.

use std::fs;
use std::time::Duration;

use super::cell::{Cell, Group};
use super::common::Common;
use super::lab::Lab;
use super::load::Traffic;
use super::report::{Report, Row, Target};
use super::round::{Stage, measure};
use super::server::{Server, reference, service};
use super::start::program;
use super::webhook::server::{Members, stub};
use crate::process::Core;

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
}

/// How many requests a second the runs at a fixed rate get.
const RATE: f64 = 200.0;
/// The pages: what they are called here, and where they are.
const PAGES: [(&str, &str); 3] = [
    ("home", "/en/"),
    ("my membership", "/en/membership"),
    ("terms", "/en/terms"),
];

/// What is measured.
#[derive(Debug, Clone, Copy)]
enum Subject {
    Reference,
    Website,
}

/// Where the website runs, beside a register-server that is played.
struct Pages(Lab);

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let Options { common } = options;
    let groups = groups();
    let names = groups.iter().flat_map(|group| &group.cells);
    if common.lists(names.map(|cell| cell.name.as_str())) {
        return Ok(());
    }
    common.build(&["bench", "register-client"])?;
    let mut report = Report::under_load("site", common);
    report.note("Every page is drawn for a member, with gzip; home and my membership ask register-server first, which is played on the other core. Terms ask nobody.");
    report.note(format!(
        "At {RATE}/s the time counts from when the request was due."
    ));
    let mut pages = Pages(Lab::new(common.seconds)?);
    for mut group in groups {
        if group.keep(|name| common.wants(name)) {
            let measured = measure(&mut pages, &group, common.rounds)?;
            report.rows.extend(measured.rows(&group));
        }
    }
    report.note_disturbance();
    report.targets = judge(&report.rows);
    report.publish()
}

fn groups() -> [Group<Subject>; 2] {
    let visit = |path: &str| Traffic::Question {
        role: "visitor",
        words: vec!["visit".to_owned(), path.to_owned()],
        due: 200,
    };
    [
        Group {
            reference: Cell::closed("reference", Subject::Reference, 64),
            cells: PAGES
                .map(|(name, path)| Cell::closed(name, Subject::Website, 64).sending(visit(path)))
                .into(),
        },
        Group {
            reference: Cell::open("reference", Subject::Reference, RATE),
            cells: PAGES
                .map(|(name, path)| Cell::open(name, Subject::Website, RATE).sending(visit(path)))
                .into(),
        },
    ]
}

impl Stage for Pages {
    type Subject = Subject;

    fn seconds(&self) -> Duration {
        self.0.seconds
    }

    fn start(&mut self, subject: &Subject) -> anyhow::Result<Server> {
        let lab = &mut self.0;
        match subject {
            Subject::Reference => reference(lab),
            Subject::Website => {
                let stub = stub(lab, Members::Answering)?;
                let folder = lab.folder()?;
                fs::write(folder.join("visitor.token"), "bench-session")?;
                let mut command = Core::Server.command(&program("register-client"));
                command
                    .env("REGISTER_SERVER", format!("http://{}", stub.0))
                    .env("PUBLIC_URL", "http://127.0.0.1:1");
                let mut server = service(lab, "register-client", command, "")?;
                server.tokens = Some(folder);
                Ok(server.watched_by(stub))
            }
        }
    }
}

fn judge(rows: &[Row]) -> Vec<Target> {
    let find = |name: &str| rows.iter().find(|row| row.name == name);
    let per_second = find("home").and_then(|row| row.requests_per_s);
    let per_second = per_second.map(|seen| Target {
        what: "home: pages/s on one core".to_owned(),
        seen,
        floor: 1_000.0,
        aim: 3_000.0,
        more_is_better: true,
    });
    let p99_ms = find(&format!("home at {RATE}/s")).and_then(|row| row.p99_ms);
    let p99_ms =
        p99_ms.map(|seen| Target::at_most(format!("home at {RATE}/s: p99 ms"), seen, 20.0, 5.0));
    per_second.into_iter().chain(p99_ms).collect()
}
