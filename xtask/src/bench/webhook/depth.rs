//! Whether an event costs the same however many are stored already.

use std::time::Duration;

use anyhow::Context as _;

use super::server::{Members, Subject};
use crate::bench::lab::Lab;
use crate::bench::load::{Events, Kind, Load, Traffic};
use crate::bench::report::Row;
use crate::bench::round::row;
use crate::bench::server::{Server, Store};
use crate::bench::watch::Sample;
use crate::shell::say;

/// What its rows are called.
pub(super) const NAME: &str = "accept beside stored events";

/// How many events are stored, and how many are then taken to see what that costs, three times over.
const LEVELS: [(u64, u64); 4] = [
    (1_000, 1_000),
    (10_000, 4_000),
    (100_000, 20_000),
    (1_000_000, 20_000),
];

const TIMES: usize = 3;
const CONNECTIONS: usize = 64;
/// Events of one request while the database is filled.
const FILLING: u64 = 100;
/// No part of this takes longer.
const PATIENCE: Duration = Duration::from_mins(10);

pub(super) fn run(lab: &mut Lab) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for store in Store::ALL {
        say(&format!("==> {NAME}, {store}"));
        let subject = Subject::Webhook {
            store,
            members: Members::Silent,
        };
        let server = subject.start(lab)?;
        let mut stored = 0;
        for (level, requests) in LEVELS {
            fill(&server, &mut stored, level)
                .with_context(|| format!("cannot store {level} events in {store}"))?;
            let mut samples = Vec::new();
            let mut references = Vec::new();
            for _ in 0..TIMES {
                let reference = Subject::Reference.start(lab)?;
                let reference = take(&reference, 0, 20_000)?;
                references.push((reference.per_s, reference.cpu_us()));
                samples.push(take(&server, stored, requests)?);
                stored += requests;
            }
            let name = format!("{NAME}, {store}: {level}");
            let row = row(name, CONNECTIONS, &samples, &references);
            say(&format!(
                "    {}: {:.1} µs CPU",
                row.name,
                row.cpu_us.unwrap_or_default()
            ));
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Delivers events that are too old to be acted on, until so many are stored.
fn fill(server: &Server, stored: &mut u64, level: u64) -> anyhow::Result<()> {
    let requests = level.saturating_sub(*stored) / FILLING;
    let load = Load {
        connections: 8,
        requests: Some(requests),
        // Numbers count events, and a delivery takes as many as it holds.
        first: *stored,
        traffic: Traffic::Events(Events {
            kind: Kind::Stale,
            per_request: FILLING,
            forged: false,
        }),
        ..Load::default()
    };
    load.run(server, PATIENCE)?;
    *stored += requests * FILLING;
    Ok(())
}

fn take(server: &Server, first: u64, requests: u64) -> anyhow::Result<Sample> {
    let load = Load {
        connections: CONNECTIONS,
        requests: Some(requests),
        first,
        ..Load::default()
    };
    load.run(server, PATIENCE)
}
