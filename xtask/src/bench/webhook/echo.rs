//! How long one message takes from its departure for the webhook to its reply's arrival at LINE, on a machine that does
//! nothing else.

use anyhow::Context as _;

use super::server::webhook;
use crate::bench::lab::Lab;
use crate::bench::report::Row;
use crate::bench::round::row;
use crate::bench::server::Store;
use crate::bench::start::program;
use crate::bench::watch::{Sample, watch};
use crate::process::{Core, free_addr};
use crate::shell::say;

/// What its rows are called.
pub(super) const NAME: &str = "message to reply";

/// How many messages one run has.
const MESSAGES: &str = "150";

pub(super) fn run(lab: &mut Lab, rounds: usize) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for store in Store::ALL {
        let name = format!("{NAME}, {store}");
        say(&format!("    {name}"));
        let samples = (0..rounds)
            .map(|_| echo(lab, store))
            .collect::<anyhow::Result<Vec<_>>>()
            .with_context(|| format!("cannot measure {name}"))?;
        let mut row = row(name, 1, &samples, &[]);
        row.requests_per_s = None;
        rows.push(row);
    }
    Ok(rows)
}

fn echo(lab: &mut Lab, store: Store) -> anyhow::Result<Sample> {
    let stub = free_addr();
    let server = webhook(lab, store, stub, &[])?;
    let mut command = Core::Load.command(&program("bench"));
    command
        .args(["echo", "--messages", MESSAGES])
        .args(["--target", &server.addr.to_string()])
        .args(["--stub", &stub.to_string()]);
    watch(command, &server, 200, false)
}
