//! What the webhook promises, and what the rows show of it.

use super::peers::NODE;
use super::{echo, slow};
use crate::bench::report::{Row, Target};

/// Finds what the rows can answer.
pub(super) fn judge(rows: &[Row]) -> Vec<Target> {
    let find = |name: &str, connections: usize| {
        rows.iter()
            .find(|row| row.name == name && row.connections == Some(connections))
    };
    let mut targets = Vec::new();
    let mut more = |what: String, seen: Option<f64>, floor: f64, aim: f64| {
        targets.extend(seen.map(|seen| Target {
            what,
            seen,
            floor,
            aim,
            more_is_better: true,
        }));
    };
    let over = |above: Option<f64>, below: Option<f64>| Some(above? / below?);
    let per_s = |name: &str, connections| find(name, connections)?.requests_per_s;
    let ratio = |name: &str, connections| find(name, connections)?.ratio;
    for (store, connections, floor, aim) in [
        ("SQLite", 64, 0.40, 0.60),
        ("SQLite", 256, 0.50, 0.60),
        ("PostgreSQL", 64, 0.40, 0.50),
        ("PostgreSQL", 256, 0.40, 0.50),
    ] {
        let name = format!("accept, {store}");
        more(
            format!("{name}, {connections} connections ÷ reference"),
            ratio(&name, connections),
            floor,
            aim,
        );
    }
    for connections in [64, 256] {
        more(
            format!(
                "accept, SQLite ÷ {}, {connections} connections",
                NODE.accept_name
            ),
            over(
                per_s("accept, SQLite", connections),
                per_s(NODE.accept_name, connections),
            ),
            7.0,
            12.0,
        );
        for store in ["SQLite", "PostgreSQL"] {
            more(
                format!(
                    "whole way, {store} ÷ {}, {connections} connections",
                    NODE.whole_name
                ),
                over(
                    per_s(&format!("whole way, {store}: replies"), connections),
                    per_s(&format!("{}: replies", NODE.whole_name), connections),
                ),
                10.0,
                20.0,
            );
        }
    }
    for store in ["SQLite", "PostgreSQL"] {
        more(
            format!("whole way to the last reply, {store} ÷ {}", NODE.whole_name),
            over(
                per_s(&format!("whole way to the last reply, {store}"), 64),
                per_s(&format!("{}: replies", NODE.whole_name), 64),
            ),
            10.0,
            20.0,
        );
    }
    let slow = format!("{}, SQLite", slow::NAME);
    more(
        format!("{}: 256 connections ÷ one", slow::NAME),
        over(per_s(&slow, 256), per_s(&slow, 1)),
        35.0,
        50.0,
    );
    targets.extend(judge_less(rows));
    targets
}

/// Those of which less is better.
fn judge_less(rows: &[Row]) -> Vec<Target> {
    let find = |name: &str| rows.iter().find(|row| row.name == name);
    let mut targets = Vec::new();
    let mut less = |what: String, seen: Option<f64>, floor: f64, aim: f64| {
        targets.extend(seen.map(|seen| Target {
            what,
            seen,
            floor,
            aim,
            more_is_better: false,
        }));
    };
    less(
        "rejected signature: CPU ÷ reference".to_owned(),
        find("rejected signature").and_then(|row| row.cpu_ratio),
        1.0,
        0.7,
    );
    let reference = find("reference at 200/s").and_then(|row| row.p50_ms);
    let node = find(&format!("{} at 200/s: replies", NODE.whole_name)).and_then(|row| row.cpu_us);
    for store in ["SQLite", "PostgreSQL"] {
        let whole = find(&format!("whole way, {store} at 200/s: acks"));
        less(
            format!("whole way, {store} at 200/s: p50 ms above the reference's"),
            (|| Some(whole?.p50_ms? - reference?))(),
            1.0,
            0.5,
        );
        let whole = find(&format!("whole way, {store} at 200/s: replies"));
        less(
            format!("whole way, {store} at 200/s: CPU ÷ {}", NODE.whole_name),
            (|| Some(whole?.cpu_us? / node?))(),
            0.35,
            0.2,
        );
        less(
            format!("{}, {store}: p50 ms", echo::NAME),
            find(&format!("{}, {store}", echo::NAME)).and_then(|row| row.p50_ms),
            20.0,
            20.0,
        );
        less(
            format!("accept, {store}, 64 connections: peak MB"),
            find(&format!("accept, {store}")).and_then(|row| row.peak_mb),
            32.0,
            24.0,
        );
    }
    targets
}
