//! What the members' API promises, and what the rows show of it.

use super::cells::{
    RATE, SEGMENTS, SORTS, audience_name, count_name, few, page_name, register_name,
};
use crate::bench::report::{Row, Target};
use crate::bench::server::Store;

/// Finds what the rows can answer.
pub(super) fn judge(rows: &[Row], members: u64) -> Vec<Target> {
    Store::ALL
        .into_iter()
        .flat_map(|store| {
            let mut targets = judge_answers(rows, store);
            targets.extend(judge_audience(rows, store, members));
            targets.extend(judge_registrations(rows, store, members));
            targets
        })
        .collect()
}

/// How soon there is an answer.
fn judge_answers(rows: &[Row], store: Store) -> Vec<Target> {
    let mut names = vec![
        (format!("look-up, {store} at {RATE}/s"), 5.0, 2.0),
        (
            format!("look-up, {store} at {RATE}/s over a minute"),
            5.0,
            2.0,
        ),
    ];
    names.extend(SORTS.map(|sort| (page_name(sort, store), 20.0, 5.0)));
    names.extend(SEGMENTS.map(|(segment, _)| (count_name(segment, store), 1000.0, 300.0)));
    let targets = names.into_iter().filter_map(|(name, floor, aim)| {
        let p99_ms = find(rows, &name)?.p99_ms?;
        Some(Target::at_most(
            format!("{name}: p99 ms"),
            p99_ms,
            floor,
            aim,
        ))
    });
    targets.collect()
}

/// That many cost no more memory than few.
fn judge_audience(rows: &[Row], store: Store, members: u64) -> Option<Target> {
    let peak = |members| find(rows, &audience_name(members, store))?.peak_mb;
    let (many, few) = (audience_name(members, store), few(members));
    let ratio = peak(members)? / peak(few)?;
    let what = format!("{many}: peak memory ÷ that of {few}");
    Some(Target::at_most(what, ratio, 1.25, 1.1))
}

fn judge_registrations(rows: &[Row], store: Store, members: u64) -> Vec<Target> {
    let mut targets = Vec::new();
    for members in [0, members] {
        let name = register_name(members, store);
        for connections in [64, 256] {
            let is_it = |row: &&Row| row.name == name && row.connections == Some(connections);
            let seen = rows.iter().find(is_it).and_then(|row| row.to_accept);
            targets.extend(seen.map(|seen| Target {
                what: format!("{name}, {connections} connections ÷ accept"),
                seen,
                floor: 0.5,
                aim: 0.8,
                more_is_better: true,
            }));
        }
    }
    targets
}

fn find<'a>(rows: &'a [Row], name: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.name == name)
}
