//! T1c: what is answered 200 has been put onto the disk before. A kill proves nothing of that, for what was written
//! outlives a killed process; a power cut it does not.

use std::collections::HashMap;
use std::time::Duration;

use tempfile::NamedTempFile;
use testkit::Database;
use testkit::postgres::{Durability, Server};
use testkit::seed::{Seeded, seeds};
use testkit::tier::Tier;

use super::event::{self, Number};
use super::outside::Outside;
use super::rig::Replica;
use super::sender::{Post, Sender};
use super::trace::{self, Call};

/// How much of a string strace shows: a whole page of SQLite's.
pub(super) const SHOWN: &str = "4200";
pub(super) const CALLS: &str =
    "trace=pwrite64,fdatasync,fsync,read,recvfrom,recvmsg,write,writev,sendto,sendmsg";

/// The number of pages in the database, which only the last page of a transaction brings (<https://sqlite.org/fileformat2.html#walformat>).
const COMMIT_FIELD: std::ops::Range<usize> = 4..8;
const FRAME_HEADER_BYTES: usize = 24;

/// PostgreSQL is ready for the next question (`ReadyForQuery`, idle), as strace shows the bytes.
const READY: &str = r"Z\0\0\0\5I";

/// How many answers are looked at: quickly, and where there is time.
const ANSWERS: (usize, usize) = (100, 1_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1c_sqlite_syncs_its_log_before_every_200() {
    let database = Database::sqlite();
    let calls = traced(&database).await;
    check("SQLite", &judge_sqlite(&calls));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1c_postgres_says_committed_before_every_200() {
    let server = Server::start(Durability::Durable).unwrap();
    let database = server.fresh_database().unwrap();
    let calls = traced(&database).await;
    check("PostgreSQL", &judge(&calls, &certain_in_postgres(&calls)));
}

/// What the webhook did while it was sent some events one by one, and the rest at once.
async fn traced(database: &Database) -> Vec<Call> {
    let mut run = Seeded::new(seeds(1).next().unwrap());
    let count = Tier::from_env().pick(ANSWERS.0, ANSWERS.1);
    let count = Number::try_from(count).unwrap();
    let outside = Outside::start().await;
    let trace = NamedTempFile::new().unwrap();
    let mut replica = Replica::new(0, &database.url(), &outside);
    let path = trace.path().to_str().unwrap();
    replica.start_under(&[
        "strace",
        "-f",
        "--seccomp-bpf",
        "-yy",
        "-s",
        SHOWN,
        "-o",
        path,
        "-e",
        CALLS,
    ]);
    replica.ready().await;
    let sender = Sender::new([replica.public]);
    let alone = (0..count / 2).map(|number| Post::of([number]));
    for post in alone {
        assert_eq!(sender.post(replica.public, &post).await.unwrap(), 200);
    }
    let together = (count / 2..count).map(|number| Post::of([number]));
    let together = together.collect();
    sender
        .deliver(together, Duration::ZERO, &mut run.chances)
        .await;
    replica.kill();
    trace::read(trace.path())
}

#[derive(Debug)]
pub(super) enum Violation {
    NeverCertain,
    AnsweredBefore,
}

/// When each event, by its key, was certain to outlive a power cut, as a place in the trace.
type Certain<'a> = HashMap<&'a str, usize>;

/// What a trace says of the answers.
pub(super) struct Judged<'a> {
    /// How many answers each commit let go, by its place in the trace.
    commits: HashMap<usize, usize>,
    pub(super) violations: Vec<(&'a str, Violation)>,
}

fn check(name: &str, judged: &Judged<'_>) {
    let Judged {
        commits,
        violations,
    } = judged;
    let answers = commits.values().sum::<usize>() + violations.len();
    eprintln!(
        "T1c on {name}: {answers} times 200, each after one of {} commits that was certain; up to {} shared one; {} violations",
        commits.len(),
        commits.values().max().copied().unwrap_or_default(),
        violations.len()
    );
    assert!(violations.is_empty(), "{violations:?}");
    let expected = Tier::from_env().pick(ANSWERS.0, ANSWERS.1);
    assert_eq!(answers, expected, "every answer was seen");
}

/// Judges what a webhook with SQLite did.
pub(super) fn judge_sqlite(calls: &[Call]) -> Judged<'_> {
    judge(calls, &certain_in_sqlite(calls))
}

fn judge<'a>(calls: &'a [Call], certain: &Certain<'a>) -> Judged<'a> {
    let mut asked: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut commits: HashMap<usize, usize> = HashMap::new();
    let mut violations = Vec::new();
    for call in calls {
        if call.reads() && call.text.contains("POST /callback") {
            asked.insert(call.place(), event::keys(&call.text).collect());
        } else if call.writes() && call.text.contains("\"HTTP/1.1 200") {
            for key in asked.remove(call.place()).unwrap_or_default() {
                match certain.get(key) {
                    Some(place) if *place < call.begin => *commits.entry(*place).or_default() += 1,
                    Some(_) => violations.push((key, Violation::AnsweredBefore)),
                    None => violations.push((key, Violation::NeverCertain)),
                }
            }
        }
    }
    Judged {
        commits,
        violations,
    }
}

/// The end of the sync of the log that follows the first page with the event on it. Between the two, or just before,
/// the end of the transaction was written.
fn certain_in_sqlite(calls: &[Call]) -> Certain<'_> {
    let log: Vec<_> = calls.iter().filter(|call| call.is_on("-wal")).collect();
    let mut certain = HashMap::new();
    let mut waiting = Vec::new();
    let mut ended = false;
    for call in log {
        if call.name == "pwrite64" {
            ended |= ends_transaction(call);
            let new = event::keys(&call.text).filter(|key| !certain.contains_key(key));
            waiting.extend(new);
        } else if call.is_sync() {
            // What was written before a sync that failed is not made certain by one that follows.
            let synced = ended && call.text.ends_with("= 0");
            certain.extend(
                waiting
                    .drain(..)
                    .filter(|_| synced)
                    .map(|key| (key, call.end)),
            );
            ended = false;
        }
    }
    certain
}

fn ends_transaction(call: &Call) -> bool {
    if !call.text.contains(", 24, ") {
        return false;
    }
    let header = call.bytes();
    header.len() == FRAME_HEADER_BYTES && header[COMMIT_FIELD] != [0; 4]
}

/// The end of reading that the server is ready for what comes after the statement with the event, and in no transaction. Then
/// it has committed, as durably as it was asked for at the start; what the statement gave may have been sent before.
fn certain_in_postgres(calls: &[Call]) -> Certain<'_> {
    let mut certain = HashMap::new();
    let mut waiting: HashMap<&str, Vec<&str>> = HashMap::new();
    for call in calls {
        if call.writes() && !call.text.contains("HTTP/1.1") {
            let new = event::keys(&call.text).filter(|key| !certain.contains_key(key));
            waiting.entry(call.place()).or_default().extend(new);
        } else if call.reads() && call.text.contains(READY) {
            let keys = waiting.remove(call.place()).unwrap_or_default();
            certain.extend(keys.into_iter().map(|key| (key, call.end)));
        }
    }
    certain
}
