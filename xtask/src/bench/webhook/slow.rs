//! What a slow disk costs: two milliseconds more for each sync, as in many clouds. At one connection each event has a
//! sync of its own, at 256 they share.

use anyhow::Context as _;

use super::server::{Members, stub, webhook};
use crate::bench::cell::WARM_UP;
use crate::bench::lab::Lab;
use crate::bench::load::Load;
use crate::bench::report::Row;
use crate::bench::round::row;
use crate::bench::server::Store;
use crate::shell::{say, succeeds};

/// What its rows are called.
pub(super) const NAME: &str = "accept on a slow disk";

/// Runs a program with every sync taking 2 ms longer, and every other call untouched.
const UNDER: [&str; 9] = [
    "strace",
    "-f",
    "--seccomp-bpf",
    "-o",
    "/dev/null",
    "-e",
    "trace=fsync,fdatasync",
    "-e",
    "inject=fsync,fdatasync:delay_exit=2000",
];

pub(super) fn run(lab: &mut Lab, rounds: usize) -> anyhow::Result<Vec<Row>> {
    if !succeeds("strace", &["--version"]) {
        say(&format!("    {NAME}: strace is missing; left out"));
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for connections in [1, 256] {
        let name = format!("{NAME}, SQLite");
        say(&format!("    {name}, {connections} connections"));
        let samples = (0..rounds)
            .map(|_| {
                let stub = stub(lab, Members::Silent)?;
                let server = webhook(lab, Store::Sqlite, stub.0, &UNDER)?;
                let load = Load {
                    connections,
                    warm_up: WARM_UP,
                    ..Load::default()
                };
                load.run(&server, lab.seconds)
            })
            .collect::<anyhow::Result<Vec<_>>>()
            .with_context(|| format!("cannot measure {name}"))?;
        // The tracer's own memory and time say nothing about the webhook.
        rows.push(Row {
            peak_mb: None,
            cpu_us: None,
            core: None,
            ..row(name, connections, &samples, &[])
        });
    }
    Ok(rows)
}
