//! I-13 and W51: more than is welcome, and slower than is decent. Times are judged only where there is time to take
//! them; they are printed everywhere.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::StatusCode;
use testkit::Database;
use testkit::postgres::{Durability, Server};
use testkit::seed::{Chances, Seeded, seeds};
use testkit::tier::Tier;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::event::Number;
use super::inbox::Inbox;
use super::load::{Answers, Load};
use super::outside::Outside;
use super::rig::{Replica, until};
use super::rollout;
use super::sender::{Post, Sender};
use super::verdict::Verdict;

/// What the webhook may take at most.
const MEMORY_KIB: u64 = 64 * 1024;
/// A sync of the slow disk: one for every group of requests, and between two of them those for what the worker notes.
const SYNC: Duration = Duration::from_millis(50);
/// Before somebody slow is cut off.
const CUT: Duration = Duration::from_secs(10);
/// Before a test gives up on what is sure to come.
const SETTLING: Duration = Duration::from_mins(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i13_a_steady_stream_on_sqlite_is_answered_in_time() {
    steady("SQLite", &Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i13_a_steady_stream_on_postgres_is_answered_in_time() {
    let server = Server::start(Durability::Durable).unwrap();
    steady("PostgreSQL", &server.fresh_database().unwrap()).await;
}

async fn steady(name: &str, database: &Database) {
    let outside = Outside::start().await;
    let mut replica = Replica::new(0, &database.url(), &outside);
    replica.start_ready().await;
    let load = Load::on(replica.public);
    let pace = Duration::from_secs(1) / 200;
    let warm: Number = 100;
    let count = warm + Tier::from_env().pick(300, 12_000);
    let first = load.send(0..warm, pace).await;
    let answers = load.send(warm..count, pace).await;
    let peak = peak_kib(&mut replica);
    eprintln!("I-13 on {name}, 200 requests/s: {answers}; {peak} KiB at most");
    check_refusals(&answers);
    check_memory(peak);
    if judged(&answers) {
        let times = answers.times(StatusCode::OK);
        assert_eq!(answers.failed().count(), 0, "every one is answered 200");
        let (p99, p999) = (times.per_mille(990), times.per_mille(999));
        assert!(p99 < Duration::from_millis(100), "p99 {p99:?}");
        assert!(p999 < Duration::from_millis(500), "p99.9 {p999:?}");
        assert!(times.max() < Duration::from_secs(1), "{times}");
    }
    all_done(&[first, answers], database, &outside, &replica).await;
}

/// What is not accepted is turned away and told when to come again; what is accepted is done; and so is, in the end,
/// what comes again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i13_what_is_too_much_is_shed_and_what_is_accepted_is_done() {
    const RATE: u32 = 1_500;
    let database = Database::sqlite();
    let outside = Outside::start().await;
    let mut replica = Replica::new(0, &database.url(), &outside);
    let slow = format!("inject=fdatasync:delay_exit={}", SYNC.as_micros());
    let calls = "trace=fdatasync";
    replica.start_under(&[
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        calls,
        "-e",
        &slow,
    ]);
    replica.ready().await;
    let load = Load::on(replica.public);
    let count = RATE * Tier::from_env().pick(1, 15);
    let answers = load.send(0..count, Duration::from_secs(1) / RATE).await;
    let peak = peak_kib(&mut replica);
    eprintln!(
        "I-13, {RATE} requests/s on a disk that takes {SYNC:?}: {answers}; {peak} KiB at most"
    );
    check_refusals(&answers);
    check_memory(peak);
    let ok = answers.times(StatusCode::OK);
    let shed = answers.times(StatusCode::SERVICE_UNAVAILABLE);
    assert!(ok.len() > 0, "some are accepted");
    assert!(shed.len() > 0, "some are turned away");
    if judged(&answers) {
        let p99 = shed.per_mille(990);
        assert!(p99 < Duration::from_millis(50), "turned away: {shed}");
        let p99 = ok.per_mille(990);
        assert!(p99 < Duration::from_millis(900), "accepted: {ok}");
    }
    // The disk is well again.
    rollout::stop(&mut replica).await;
    replica.start_ready().await;
    all_done(&[answers], &database, &outside, &replica).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i13_slow_clients_are_cut_off_and_keep_nobody_waiting() {
    let slow: usize = Tier::from_env().pick(200, 1_000);
    let database = Database::sqlite();
    let outside = Outside::start().await;
    let mut replica = Replica::new(0, &database.url(), &outside);
    replica.start_ready().await;
    let drips: Vec<_> = (0..slow)
        .map(|turn| tokio::spawn(drip(replica.public, turn)))
        .collect();
    let load = Load::on(replica.public);
    let answers = load.send(0..1_000, Duration::from_millis(10)).await;
    let mut slowest = Duration::ZERO;
    for drip in drips {
        slowest = slowest.max(drip.await.unwrap());
    }
    let peak = peak_kib(&mut replica);
    eprintln!(
        "I-13: {slow} slow clients, the last cut off after {slowest:.1?}; others: {answers}; {peak} KiB at most"
    );
    check_refusals(&answers);
    check_memory(peak);
    if judged(&answers) {
        assert_eq!(answers.failed().count(), 0, "others are answered 200");
        assert!(slowest <= CUT, "cut off after {slowest:?}");
        let p99 = answers.times(StatusCode::OK).per_mille(990);
        assert!(p99 < Duration::from_millis(200), "p99 {p99:?}");
    }
    all_done(&[answers], &database, &outside, &replica).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w51_wrong_signatures_cost_neither_memory_nor_log() {
    const CALLERS: u32 = 32;
    let mut run = Seeded::new(seeds(1).next().unwrap());
    let database = Database::sqlite();
    let outside = Outside::start().await;
    let mut replica =
        Replica::new(0, &database.url(), &outside).with(|program| program.env("RUST_LOG", "info"));
    replica.start_ready().await;
    let load = Load::on(replica.public);
    let (warm, count) = Tier::from_env().pick((1_000, 5_000), (5_000, 100_000));

    forge(&load, warm, CALLERS, &mut run.chances).await;
    let (before, begin) = (peak_kib(&mut replica), Instant::now());
    forge(&load, count, CALLERS, &mut run.chances).await;
    let (after, took) = (peak_kib(&mut replica), begin.elapsed());
    let said = replica.said();
    let lines = said.lines().count();
    eprintln!(
        "W51: {count} wrong signatures in {took:.1?}: {before} KiB before, {after} KiB after, {lines} lines of log"
    );
    assert!(after < before + 4 * 1024, "{before} KiB, then {after} KiB");
    // Ten of a kind, and one a second; and what is said at the start.
    let seconds = usize::try_from(took.as_secs()).unwrap();
    assert!(lines < 100 + 12 * (seconds + 10), "{lines} lines: {said}");
    assert!(
        Inbox::of(&database).rows().await.is_empty(),
        "nothing stays"
    );
}

/// Sends requests that LINE did not sign, several at a time.
async fn forge(load: &Load, count: u32, callers: u32, chances: &mut Chances) {
    let left = Arc::new(AtomicU32::new(count));
    let callers: Vec<_> = (0..callers)
        .map(|_| {
            let (load, left, mut chances) = (load.clone(), Arc::clone(&left), chances.fork());
            tokio::spawn(async move {
                let take = |left: u32| left.checked_sub(1);
                while let Ok(event) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                {
                    let mac: Vec<u8> = (0..32)
                        .map(|_| u8::try_from(chances.below(256)).unwrap())
                        .collect();
                    let body = Post::of([event]).body;
                    let answer = load.post(body, &BASE64_STANDARD.encode(mac)).await;
                    let (status, _) = answer.expect("an answer");
                    assert_eq!(status, StatusCode::UNAUTHORIZED);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

/// A client that sends a byte a second, of a head or of a body, or none at all. Says when it was cut off.
async fn drip(target: SocketAddr, turn: usize) -> Duration {
    const HEAD: &str = "POST /callback HTTP/1.1\r\nhost: webhook\r\nx-line-signature: AAAA\r\ncontent-length: 900\r\n\r\n";
    // A system that is asked for all of them at once may forget some and let them believe that they are connected.
    tokio::time::sleep(Duration::from_millis(2) * u32::try_from(turn).unwrap()).await;
    let mut client = TcpStream::connect(target).await.unwrap();
    let begin = Instant::now();
    let at_once = if turn % 10 == 1 { HEAD.len() } else { 0 };
    let _ = client.write_all(&HEAD.as_bytes()[..at_once]).await;
    let is_silent = turn % 10 == 2;
    let (mut reader, mut writer) = client.split();
    let drops = async {
        for byte in HEAD.bytes().skip(at_once).chain(std::iter::repeat(b' ')) {
            if !is_silent {
                // Who is cut off reads it.
                let _ = writer.write_all(&[byte]).await;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let mut answer = [0; 1024];
    let end = async { while reader.read(&mut answer).await.is_ok_and(|read| read > 0) {} };
    tokio::select! {
        () = drops => unreachable!("it never ends"),
        () = end => begin.elapsed(),
        () = tokio::time::sleep(3 * CUT) => panic!("nobody cuts off client {turn}"),
    }
}

/// Who is not answered 200 is told when to come again.
fn check_refusals(answers: &Answers) {
    for answer in answers.failed() {
        assert_eq!(answer.status, Ok(StatusCode::SERVICE_UNAVAILABLE));
        assert!(answer.come_again, "a 503 says when to come again");
    }
}

/// Sends again what was turned away, as LINE does, until all is done; and judges what became of it.
async fn all_done(rounds: &[Answers], database: &Database, outside: &Outside, replica: &Replica) {
    let mut run = Seeded::new(seeds(1).next().unwrap());
    let sender = Sender::new([replica.public]);
    let again: Vec<_> = rounds
        .iter()
        .flat_map(Answers::failed)
        .map(|failed| Post::of([failed.event]))
        .collect();
    sender
        .deliver(again, Duration::ZERO, &mut run.chances)
        .await;
    let inbox = Inbox::of(database);
    until(SETTLING, "everything is done", async || {
        inbox.pending().await == 0
    })
    .await;
    let mut sent = std::mem::take(&mut *sender.sent());
    sent.answered
        .extend(rounds.iter().flat_map(Answers::accepted));
    let count: usize = rounds.iter().map(Answers::len).sum();
    let all = 0..Number::try_from(count).unwrap();
    let verdict = Verdict::of(all, &inbox, outside, &sent, &HashMap::new()).await;
    eprintln!("    {verdict}");
}

/// The most memory that the webhook ever had.
fn peak_kib(replica: &mut Replica) -> u64 {
    let status = format!("/proc/{}/status", replica.running().pid().unwrap());
    let status = std::fs::read_to_string(status).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.split_whitespace().next());
    kib.unwrap().parse().unwrap()
}

/// All that the webhook may ever hold; as it is built for tests, it is larger.
fn check_memory(peak_kib: u64) {
    let bound = Tier::from_env().pick(2 * MEMORY_KIB, MEMORY_KIB);
    assert!(peak_kib <= bound, "{peak_kib} KiB");
}

/// Whether these times say something: of the program as it is released, on a machine that has nothing else to do.
fn judged(answers: &Answers) -> bool {
    Tier::from_env() != Tier::Quick && answers.are_on_time()
}
