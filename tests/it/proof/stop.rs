//! How the program ends, and what it does when the system gives it little (O03, O04, O05, O09).

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tempfile::NamedTempFile;
use testkit::Database;
use testkit::process::Signal;

use super::inbox::Inbox;
use super::outside::Outside;
use super::rig::{Replica, SECRET, until, without_secrets};
use super::sender::{Post, Sender, signature};

/// The longest stop: what drains has 10 s.
const STOP: Duration = Duration::from_secs(20);
const BOUND: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o03_a_request_that_sigterm_meets_ends_with_200() {
    let (database, outside) = (Database::sqlite(), Outside::start().await);
    let mut replica = Replica::new(0, &database.url(), &outside);
    replica.start_ready().await;
    let Post { body, .. } = Post::of([7]);
    let (head, rest) = body.split_at(20);
    let mut client = connect(replica.public);
    write!(
        client,
        "POST /callback HTTP/1.1\r\nHost: x\r\nX-Line-Signature: {}\r\nContent-Length: {}\r\n\r\n{head}",
        signature(&body),
        body.len()
    )
    .unwrap();
    replica.running().signal(Signal::TERM).unwrap();
    let internal = replica.internal;
    until(BOUND, "it stops", async || !is_ready(internal)).await;
    client.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.to_ascii_lowercase().contains("connection: close"),
        "{answer}"
    );
    let begin = Instant::now();
    let exit = replica.running().exit(STOP).await.unwrap();
    assert_eq!(exit.code(), Some(0), "{}", replica.said());
    assert!(Inbox::of(&database).row(7).await.is_some());
    eprintln!("O03: 200, and exit code 0 {:.1?} later", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o04_a_stalled_client_does_not_hold_the_exit() {
    let (database, outside) = (Database::sqlite(), Outside::start().await);
    let mut replica = Replica::new(0, &database.url(), &outside);
    replica.start_ready().await;
    let mut headers = connect(replica.public);
    write!(headers, "POST /callback HTTP/1.1\r\nHost:").unwrap();
    let mut body = connect(replica.public);
    write!(
        body,
        "POST /callback HTTP/1.1\r\nHost: x\r\nX-Line-Signature: x\r\nContent-Length: 9\r\n\r\n{{"
    )
    .unwrap();
    let begin = Instant::now();
    replica.running().signal(Signal::TERM).unwrap();
    let exit = replica.running().exit(STOP).await.unwrap();
    assert_eq!(exit.code(), Some(0), "{}", replica.said());
    eprintln!(
        "O04: two stalled clients, exit code 0 after {:.1?}",
        begin.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o05_a_secret_that_is_none_is_named_and_not_shown() {
    let (database, outside) = (Database::sqlite(), Outside::start().await);
    let token = NamedTempFile::new().unwrap();
    let given = || {
        without_secrets(&database.url(), &outside)
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .env("INTERNAL_ADDR", "127.0.0.1:0")
            .env("SERVICE_TOKEN_FILE", token.path())
    };
    for (name, other) in [
        ("LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN"),
        ("LINE_CHANNEL_ACCESS_TOKEN", "LINE_CHANNEL_SECRET"),
    ] {
        for wrong in [None, Some(""), Some("your-own-9f2c")] {
            let mut program = given().env(other, SECRET);
            if let Some(wrong) = wrong {
                program = program.env(name, wrong);
            }
            let mut process = program.start().unwrap();
            let exit = process.exit(BOUND).await.unwrap();
            let said = process.said();
            assert!(
                exit.code().is_some_and(|code| code != 0),
                "{name} {wrong:?}: {exit}"
            );
            assert!(said.contains(name), "{name} {wrong:?}: {said}");
            assert!(!said.contains("9f2c") && !said.contains(SECRET), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o09_without_file_descriptors_it_waits_and_recovers() {
    const LIMIT: usize = 64;
    let (database, outside) = (Database::sqlite(), Outside::start().await);
    let mut replica = Replica::new(0, &database.url(), &outside);
    replica.start_ready().await;
    let pid = replica.running().pid().unwrap();
    let limit = format!("--nofile={LIMIT}:{LIMIT}");
    let limited = Command::new("prlimit")
        .args(["--pid", &pid.to_string(), &limit])
        .status();
    assert!(limited.unwrap().success());
    let crowd: Vec<_> = (0..2 * LIMIT).map(|_| connect(replica.public)).collect();
    let full = || fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() >= LIMIT;
    until(BOUND, "no file descriptor is left", async || full()).await;
    let (before, span) = (cpu_time(pid), Duration::from_secs(1));
    tokio::time::sleep(span).await;
    let spent = cpu_time(pid).saturating_sub(before);
    drop(crowd);
    let sender = Sender::new([replica.public]);
    let begin = Instant::now();
    until(BOUND, "200", async || {
        sender.post(replica.public, &Post::of([1])).await == Some(StatusCode::OK)
    })
    .await;
    eprintln!(
        "O09: with {LIMIT} file descriptors and {} clients {spent:?} of CPU in {span:?}, 200 again after {:.1?}",
        2 * LIMIT,
        begin.elapsed()
    );
    assert!(spent < span / 2, "it spins: {spent:?}");
    let inbox = Inbox::of(&database);
    until(BOUND, "everything is done", async || {
        inbox.pending().await == 0
    })
    .await;
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(BOUND)).unwrap();
    stream
}

fn is_ready(internal: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(internal)?;
        stream.set_read_timeout(Some(BOUND))?;
        write!(
            stream,
            "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// What a process has had of the processors. The system counts in hundredths of a second (proc(5)).
fn cpu_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields = stat.rsplit(") ").next().unwrap().split(' ');
    // The 14th and 15th field, counted with the two before.
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}
