//! I-15: after a crash everything goes on soon, whoever had it.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use testkit::Database;
use testkit::postgres::{Durability, Server};
use testkit::tier::Tier;

use super::event::Number;
use super::inbox::Inbox;
use super::outside::{Attempt, Fault, Outside};
use super::rig::{Replica, until};
use super::sender::{Post, Sender};
use super::verdict::Verdict;

const SETTLING: Duration = Duration::from_mins(5);
/// Events in a request.
const TOGETHER: Number = 100;
/// How long a call of LINE may take.
const CALL: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i15_sqlite_is_ready_at_once_after_a_kill_with_a_backlog() {
    backlog("SQLite", &Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i15_postgres_is_ready_at_once_after_a_kill_with_a_backlog() {
    let server = Server::start(Durability::Durable).unwrap();
    backlog("PostgreSQL", &server.fresh_database().unwrap()).await;
}

async fn backlog(name: &str, database: &Database) {
    let tier = Tier::from_env();
    let count: Number = tier.pick(1_000, 10_000);
    let outside = Outside::start().await;
    let mut replica = Replica::new(0, &database.url(), &outside);
    replica.start_ready().await;
    let sender = Sender::new([replica.public]);
    let inbox = Inbox::of(database);
    // Nothing is done before the kill.
    outside.open(false);
    for first in (0..count).step_by(usize::try_from(TOGETHER).unwrap()) {
        let post = Post::of(first..first + TOGETHER);
        assert_eq!(
            sender.post(replica.public, &post).await,
            Some(StatusCode::OK)
        );
    }
    let left = inbox.pending().await;
    replica.kill();
    outside.open(true);
    let begin = Instant::now();
    replica.start_ready().await;
    let ready = begin.elapsed();
    let drain = Instant::now();
    until(SETTLING, "everything is done", async || {
        inbox.pending().await == 0
    })
    .await;
    let drained = drain.elapsed();
    let sent = std::mem::take(&mut *sender.sent());
    let verdict = Verdict::of(0..count, &inbox, &outside, &sent, &replica.deaths).await;
    let rate = left as u128 * 1_000 / drained.as_millis().max(1);
    eprintln!(
        "I-15 on {name}: killed with {left} events to do, ready after {ready:.0?}, {rate} events/s from then on; {verdict}"
    );
    assert!(
        ready < tier.pick(Duration::from_secs(10), Duration::from_secs(1)),
        "{ready:?}"
    );
    assert!(rate >= tier.pick(0, 200), "{rate} events/s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "full tier"]
async fn i15_what_a_killed_replica_held_is_taken_over_by_another() {
    let mut pair = Pair::with(Fault::Hang).await;
    let first = pair.attempt(0).await;
    pair.holder(&first).kill();
    let begin = Instant::now();
    let second = pair.attempt(1).await;
    let took = second.at - begin;
    assert_ne!(second.life, first.life);
    pair.done().await;
    eprintln!("I-15: what a killed replica held was taken over after {took:.1?}");
    assert!(took < Duration::from_secs(31), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "full tier"]
async fn i04_a_replica_that_stood_still_past_its_lease_changes_nothing() {
    let mut pair = Pair::with(Fault::HangTwice).await;
    let first = pair.attempt(0).await;
    pair.holder(&first).running().pause().unwrap();
    let second = pair.attempt(1).await;
    assert_ne!(second.life, first.life);
    // Its call has long timed out. Were that written down, the event would be taken up beside the second attempt.
    pair.holder(&first).running().resume().unwrap();
    let third = pair.attempt(2).await;
    let took = third.at - second.at;
    pair.done().await;
    eprintln!(
        "I-4: beside an attempt that another replica had taken over, none was begun for {took:.1?}"
    );
    assert!(
        took > CALL,
        "the third attempt began {took:?} after the second"
    );
    let said = pair.holder(&first).said();
    assert!(said.contains("is another attempt's by now"), "{said}");
}

/// Two replicas on one database, and an event that one of them has taken up.
struct Pair {
    replicas: [Replica; 2],
    outside: std::sync::Arc<Outside>,
    inbox: Inbox,
    _database: Database,
    _server: Server,
}

impl Pair {
    async fn with(fault: Fault) -> Self {
        let server = Server::start(Durability::Durable).unwrap();
        let database = server.fresh_database().unwrap();
        let outside = Outside::failing(vec![fault]).await;
        let mut replicas = [0, 1].map(|name| {
            Replica::new(name, &database.url(), &outside)
                .with(|program| program.env("RUST_LOG", "warn"))
        });
        for replica in &mut replicas {
            replica.start_ready().await;
        }
        let sender = Sender::new([replicas[0].public]);
        let answer = sender.post(replicas[0].public, &Post::of([0])).await;
        assert_eq!(answer, Some(StatusCode::OK));
        Self {
            replicas,
            outside,
            inbox: Inbox::of(&database),
            _database: database,
            _server: server,
        }
    }

    async fn attempt(&self, place: usize) -> Attempt {
        until(SETTLING, "an attempt", async || {
            self.outside.attempts(0).len() > place
        })
        .await;
        self.outside.attempts(0).swap_remove(place)
    }

    fn holder(&mut self, attempt: &Attempt) -> &mut Replica {
        let mut replicas = self.replicas.iter_mut();
        replicas
            .find(|replica| replica.life() == attempt.life)
            .unwrap()
    }

    /// Waits until the event is done, answered once.
    async fn done(&self) {
        until(SETTLING, "everything is done", async || {
            self.inbox.pending().await == 0
        })
        .await;
        let row = self.inbox.row(0).await.unwrap();
        assert_eq!(
            (row.state.as_str(), row.reply.as_str()),
            ("done", "accepted")
        );
        let taken = self.outside.attempts(0);
        assert_eq!(taken.iter().filter(|attempt| attempt.taken).count(), 1);
    }
}
