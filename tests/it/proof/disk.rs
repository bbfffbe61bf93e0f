//! T1d: a disk that fails, and a disk that is full.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::{NamedTempFile, TempDir};
use testkit::Database;
use testkit::tier::Tier;

use super::event::Number;
use super::inbox::Inbox;
use super::order::{self, judge_sqlite};
use super::outside::Outside;
use super::rig::{Replica, until};
use super::sender::{Post, Sender};
use super::syscalls::{file, made};
use super::trace;
use super::verdict::Verdict;

const PATIENCE: Duration = Duration::from_mins(1);
/// What is sent in each run: an event, and once more.
const EVENTS: Number = 1;
/// How long it may take to end when nothing is left to do.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How many writes fail before there is room again.
const FULL_FOR: usize = 3;

/// What was seen of a webhook whose disk failed at one point.
struct Seen {
    /// What failed, if it came to that point.
    failed: Option<String>,
    /// How it ended by itself, if it did.
    exit: Option<std::process::ExitStatus>,
    said: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1d_a_failed_sync_is_never_a_200_and_ends_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let made = made(folder.path()).await;
    let outside = Outside::start().await;
    let (mut points, mut folders) = (0, 0);
    loop {
        let fault = format!("inject=fsync,fdatasync:error=EIO:when={}", points + 1);
        let seen = run(&outside, &made, &fault, u32::try_from(points).unwrap()).await;
        let Some(failed) = seen.failed else {
            break;
        };
        points += 1;
        // SQLite makes no more of a folder that cannot be synced, as there are file systems that know no such thing.
        if !failed.contains("test.db") {
            folders += 1;
            continue;
        }
        let code = seen.exit.and_then(|exit| exit.code());
        assert!(
            code.is_some_and(|code| code != 0),
            "{fault}: it ended with {code:?}, and said {}",
            seen.said
        );
        assert!(
            seen.said.contains("disk") && !seen.said.contains("panicked"),
            "{fault}: {}",
            seen.said
        );
    }
    eprintln!(
        "T1d: a failed sync at {points} points, {folders} of them of the folder: each other ended the process; no 200 for \
         what was not certain, 0 lost"
    );
    assert!(points > 2, "a start, an event and its end are more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1d_writes_that_find_no_room_are_never_a_200_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let made = made(folder.path()).await;
    let outside = Outside::start().await;
    let stride = Tier::from_env().pick(5, 1);
    let (mut points, mut survived, mut nth) = (0, 0, 1_usize);
    loop {
        let fault = format!(
            "inject=pwrite64:error=ENOSPC:when={nth}..{}",
            nth + FULL_FOR - 1
        );
        let seen = run(&outside, &made, &fault, u32::try_from(nth).unwrap()).await;
        if seen.failed.is_none() {
            break;
        }
        points += 1;
        nth += stride;
        match seen.exit {
            None => survived += 1,
            // Without room it may be unable to start.
            Some(exit) => assert_ne!(exit.code().unwrap_or_default(), 0, "{fault}: {}", seen.said),
        }
    }
    eprintln!(
        "T1d: no room at {points} points: {survived} times it went on by itself, else it ended at its start; \
         no 200 for what was not certain, 0 lost"
    );
    assert!(survived > 0, "a full disk does not end it");
}

/// Sends an event twice to a webhook whose disk fails at one point, started again if it ends, until the event is done.
async fn run(outside: &Outside, made: &Path, fault: &str, number: Number) -> Seen {
    let database = Database::sqlite();
    std::fs::copy(made, file(&database)).unwrap();
    let trace = NamedTempFile::new().unwrap();
    let path = trace.path().to_str().unwrap();
    let mut replica = Replica::new(0, &database.url(), outside)
        .with(|program| program.env("TOKIO_WORKER_THREADS", "1"));
    replica.start_under(&[
        "strace",
        "-f",
        "-yy",
        "-s",
        order::SHOWN,
        "-o",
        path,
        "-e",
        order::CALLS,
        "-e",
        fault,
    ]);
    let sender = Sender::new([replica.public]);
    let post = Post::of([number]);
    let begin = Instant::now();
    for _ in 0..=EVENTS {
        replica.revive().await;
        while sender
            .post(replica.public, &post)
            .await
            .is_none_or(|status| status != 200)
        {
            assert!(
                begin.elapsed() < PATIENCE,
                "{fault}: 200 within {PATIENCE:?}"
            );
            replica.revive().await;
        }
    }
    let inbox = Inbox::of(&database);
    while inbox.pending().await > 0 {
        assert!(
            begin.elapsed() < PATIENCE,
            "{fault}: everything is acted on within {PATIENCE:?}"
        );
        replica.revive().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // It may be about to end, of what came after all that there was to do.
    let begin = Instant::now();
    while fault.contains("EIO") && replica.lives() && begin.elapsed() < LAST_WORDS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    replica.kill();
    let calls = trace::read(trace.path());
    let violations = judge_sqlite(&calls).violations;
    assert!(violations.is_empty(), "{fault}: {violations:?}");
    let sent = std::mem::take(&mut *sender.sent());
    let numbers = number..number + EVENTS;
    let verdict = Verdict::of(numbers, &inbox, outside, &sent, &replica.deaths).await;
    assert_eq!(verdict.parked(), 0, "{fault}");
    Seen {
        failed: calls
            .into_iter()
            .map(|call| call.text)
            .find(|text| text.ends_with("(INJECTED)")),
        exit: replica.exits.first().copied(),
        said: replica.said(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1d_a_full_disk_is_a_503_until_there_is_room_again() {
    let Some(disk) = Disk::of("2m") else {
        eprintln!("T1d: skipped, for only root may mount a small disk");
        return;
    };
    let outside = Outside::start().await;
    let url = format!("sqlite://{}/test.db", disk.folder.path().display());
    let mut replica = Replica::new(0, &url, &outside);
    replica.start_ready().await;
    let pid = replica.running().pid().unwrap();
    let sender = Sender::new([replica.public]);
    let mut count = 0;
    while sender.sent().turned_away < 3 {
        assert_ne!(count, 100_000, "the disk is never full");
        sender.post(replica.public, &Post::of([count])).await;
        count += 1;
    }
    let full_after = sender.sent().answered.len();
    disk.grow("64m");
    let begin = Instant::now();
    for number in 0..count {
        until(PATIENCE, "room", async || {
            sender
                .post(replica.public, &Post::of([number]))
                .await
                .is_some_and(|status| status == 200)
        })
        .await;
    }
    let inbox = Inbox::at(&url);
    until(PATIENCE, "everything is done", async || {
        inbox.pending().await == 0
    })
    .await;
    assert_eq!(
        replica.running().pid().unwrap(),
        pid,
        "it was not started again"
    );
    let sent = std::mem::take(&mut *sender.sent());
    let verdict = Verdict::of(0..count, &inbox, &outside, &sent, &replica.deaths).await;
    eprintln!(
        "T1d on a disk of 2 MB: full after {full_after} events, then 503; with room again all done in {:.1?}: {verdict}",
        begin.elapsed()
    );
}

/// A disk in memory.
struct Disk {
    folder: TempDir,
}

impl Disk {
    /// `None` where one may not be mounted.
    fn of(size: &str) -> Option<Self> {
        let disk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        disk.mount(&format!("size={size}")).then_some(disk)
    }

    fn grow(&self, size: &str) {
        assert!(self.mount(&format!("remount,size={size}")), "it grows");
    }

    fn mount(&self, options: &str) -> bool {
        let path: PathBuf = self.folder.path().into();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(path)
            .output();
        mount.is_ok_and(|mount| mount.status.success())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("-l")
            .arg(self.folder.path())
            .output();
    }
}
