//! T1b: killed at every single system call that others can see the traces of, the webhook loses nothing and doubles
//! nothing (I-1, I-2, W48). What is outside a process changes by its system calls alone: these are all the points at
//! which a crash can be told from another.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use testkit::Database;
use testkit::strace;
use testkit::tier::Tier;

use super::event::Number;
use super::inbox::Inbox;
use super::outside::Outside;
use super::rig::Replica;
use super::sender::{Post, Sender};
use super::verdict::Verdict;

const PATIENCE: Duration = Duration::from_secs(30);

/// What is sent: so many events, and how many of them again.
struct Script {
    events: Number,
    duplicates: Number,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1b_sqlite_survives_a_kill_at_every_system_call() {
    let tier = Tier::from_env();
    let script = tier.pick(
        Script {
            events: 1,
            duplicates: 1,
        },
        Script {
            events: 3,
            duplicates: 2,
        },
    );
    // Where there is time, the making of the database is part of it.
    let folder = tempfile::tempdir().unwrap();
    let made = tier.pick(Some(made(folder.path()).await), None);
    let outside = Outside::start().await;
    let begin = Instant::now();
    let mut first = 0;
    let mut points = Vec::new();
    let mut total = 0;
    for call in strace::CALLS {
        let mut count = 0;
        loop {
            let numbers = first..first + script.events;
            first = numbers.end;
            let kill = (call, count + 1);
            if !was_killed(&outside, made.as_deref(), kill, numbers, script.duplicates).await {
                break;
            }
            count += 1;
        }
        total += count;
        points.push(format!("{call} {count}"));
    }
    eprintln!(
        "T1b on SQLite, {} events and {} duplicates: killed at {total} points, every call of {}; 0 lost, 0 doubled, \
         in {:.1?}",
        script.events,
        script.duplicates,
        points.join(", "),
        begin.elapsed()
    );
    assert!(total > 30, "the webhook does more than that");
}

/// A database in `folder` as the first start leaves it.
pub(super) async fn made(folder: &Path) -> PathBuf {
    let outside = Outside::start().await;
    let database = Database::sqlite();
    let mut replica = Replica::new(0, &database.url(), &outside);
    replica.start_ready().await;
    replica.kill();
    // Whoever looks last puts everything into the one file.
    assert_eq!(Inbox::of(&database).pending().await, 0);
    let copy = folder.join("made.db");
    std::fs::copy(file(&database), &copy).unwrap();
    copy
}

pub(super) fn file(database: &Database) -> PathBuf {
    database.url().trim_start_matches("sqlite://").into()
}

/// Goes through the script with a webhook that is killed at one point, and started again without a killer. Says whether
/// it came to that point.
async fn was_killed(
    outside: &Outside,
    made: Option<&Path>,
    (call, when): (&str, u32),
    numbers: std::ops::Range<Number>,
    duplicates: Number,
) -> bool {
    let database = Database::sqlite();
    if let Some(made) = made {
        std::fs::copy(made, file(&database)).unwrap();
    }
    // strace counts by thread: with one that serves and one that writes, every point has its number.
    let mut replica = Replica::new(0, &database.url(), outside)
        .with(|program| program.env("TOKIO_WORKER_THREADS", "1"));
    let kill = format!("killed at {call} {when}");
    replica.start_under(&strace::killing_at(call, when));
    let mut killed = false;
    killed |= replica.revive().await;
    let sender = Sender::new([replica.public]);
    let begin = Instant::now();
    let again = numbers.clone().take(usize::try_from(duplicates).unwrap());
    for number in numbers.clone().chain(again) {
        let post = Post::of([number]);
        while sender
            .post(replica.public, &post)
            .await
            .is_none_or(|status| status != 200)
        {
            assert!(
                begin.elapsed() < PATIENCE,
                "{kill}: 200 within {PATIENCE:?}"
            );
            killed |= replica.revive().await;
        }
    }
    let inbox = Inbox::of(&database);
    let mut answered = false;
    // The file is not looked at before: whoever looks after a crash would tidy up what is the webhook's to recover.
    while !answered || inbox.pending().await > 0 {
        assert!(
            begin.elapsed() < PATIENCE,
            "{kill}: everything is acted on within {PATIENCE:?}"
        );
        killed |= replica.revive().await;
        answered = numbers
            .clone()
            .all(|number| !outside.attempts(number).is_empty());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    replica.kill();
    let sent = std::mem::take(&mut *sender.sent());
    let verdict = Verdict::of(numbers, &inbox, outside, &sent, &replica.deaths).await;
    assert_eq!(verdict.parked(), 0, "{kill}");
    killed
}
