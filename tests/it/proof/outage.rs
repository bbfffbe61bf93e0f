//! I-17: the PostgreSQL server dies, answers get lost, another server takes over.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use testkit::fault_proxy::{Direction, contains};
use testkit::postgres::{Durability, Server};
use testkit::seed::{Seeded, seeds};
use testkit::tier::Tier;
use testkit::{Database, FaultProxy};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::event::{self, Number};
use super::inbox::Inbox;
use super::outside::Outside;
use super::rig::{Replica, until};
use super::sender::{self, Post, Sender};
use super::verdict::Verdict;

const SETTLING: Duration = Duration::from_mins(3);
/// Where probes begin, beyond all other events.
const PROBES: Number = 1_000_000;
/// The load: as many events at a time, and a request every so often.
const CHUNK: Number = 100;
const PACE: Duration = Duration::from_millis(5);

/// A 503 comes this fast.
fn refusal_time() -> Duration {
    Duration::from_secs(Tier::from_env().pick(3, 1))
}

/// This long after the server is back, events are taken again.
fn recovery_time() -> Duration {
    Duration::from_secs(Tier::from_env().pick(10, 5))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i17_a_killed_postgres_loses_nothing_that_was_answered_200() {
    let mut run = Seeded::new(seeds(1).next().unwrap());
    let mut server = Server::start(Durability::Durable).unwrap();
    let database = server.fresh_database().unwrap();
    let mut load = Load::on(&database.url(), &mut run).await;
    let pid = load.replica.running().pid().unwrap();
    let rounds = Tier::from_env().pick(2, 10);
    let (mut slowest, mut longest) = (Duration::ZERO, Duration::ZERO);
    for round in 0..rounds {
        load.answers(round).await;
        server.kill_9();
        slowest = slowest.max(load.is_turned_away(round).await);
        server.start_again().unwrap();
        longest = longest.max(load.answers(rounds + round).await);
    }
    assert_eq!(
        load.replica.running().pid().unwrap(),
        pid,
        "it was not started again"
    );
    let (verdict, sent) = load.end(&database, 2 * rounds).await;
    eprintln!(
        "I-17: PostgreSQL killed {rounds} times under load: {verdict}; slowest 503 after {slowest:.1?}, \
         200 again {longest:.1?} after it was back; {sent} times turned away"
    );
    assert!(slowest < refusal_time(), "503 after {slowest:?}");
    assert!(longest < recovery_time(), "200 again after {longest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "full tier"]
async fn i17_a_failover_to_a_synchronous_standby_loses_nothing_that_was_answered_200() {
    const SYNCHRONOUS: &str = "synchronous_standby_names";
    let mut run = Seeded::new(seeds(1).next().unwrap());
    let mut primary = Server::start(Durability::Durable).unwrap();
    let database = primary.fresh_database().unwrap();
    let proxy = FaultProxy::before(local(primary.port())).await.unwrap();
    let url = proxy.instead_of(&database.url());
    let load = Load::on(&url, &mut run).await;
    let rounds = 5;
    let mut longest = Duration::ZERO;
    for round in 0..rounds {
        let standby = Server::standby_of(&primary).unwrap();
        primary.set(SYNCHRONOUS, "*").unwrap();
        load.answers(round).await;
        let begin = Instant::now();
        primary.kill_9();
        standby.promote().unwrap();
        // It has none yet that it could wait for.
        standby.set(SYNCHRONOUS, "").unwrap();
        proxy.set_upstream(local(standby.port()));
        proxy.cut();
        load.answers(rounds + round).await;
        longest = longest.max(begin.elapsed());
        primary = standby;
    }
    let inbox = Inbox::at(&url);
    let (verdict, sent) = load.end_at(&inbox, 2 * rounds).await;
    eprintln!(
        "I-17: {rounds} failovers to a synchronous standby under load: {verdict}; 200 again {longest:.1?} after the kill; \
         {sent} times turned away"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i01_an_answer_lost_after_the_commit_is_a_503_and_one_row() {
    let cuts: Number = Tier::from_env().pick(20, 1_000);
    let server = Server::start(Durability::Durable).unwrap();
    let database = server.fresh_database().unwrap();
    let proxy = FaultProxy::before(local(server.port())).await.unwrap();
    let outside = Outside::start().await;
    let mut replica = Replica::new(0, &proxy.instead_of(&database.url()), &outside);
    replica.start_ready().await;
    let sender = Sender::new([replica.public]);
    let inbox = Inbox::of(&database);
    for number in 0..cuts {
        let post = Post::of([number]);
        let key = event::key(number);
        proxy.cut_when(move |direction, bytes| {
            direction == Direction::ToServer && contains(bytes, &key)
        });
        let answer = sender.post(replica.public, &post).await;
        assert_eq!(
            answer,
            Some(StatusCode::SERVICE_UNAVAILABLE),
            "event {number}"
        );
        proxy.clear_hook();
        // It is there, though nobody was told.
        until(SETTLING, "the commit", async || {
            inbox.row(number).await.is_some()
        })
        .await;
        until(SETTLING, "200", async || {
            sender.post(replica.public, &post).await == Some(StatusCode::OK)
        })
        .await;
    }
    assert!(proxy.cuts() >= u64::from(cuts));
    until(SETTLING, "everything is done", async || {
        inbox.pending().await == 0
    })
    .await;
    let sent = std::mem::take(&mut *sender.sent());
    let verdict = Verdict::of(0..cuts, &inbox, &outside, &sent, &replica.deaths).await;
    assert_eq!(verdict.parked(), 0);
    eprintln!("I-1: the answer to the commit lost {cuts} times, each a 503 and one row: {verdict}");
}

/// A webhook that is sent events all the time.
struct Load {
    replica: Replica,
    outside: Arc<Outside>,
    sender: Arc<Sender>,
    /// Says how many events there were.
    sending: JoinHandle<Number>,
    enough: CancellationToken,
}

impl Load {
    async fn on(database: &str, run: &mut Seeded) -> Self {
        let outside = Outside::start().await;
        let mut replica =
            Replica::new(0, database, &outside).with(|program| program.env("RUST_LOG", "warn"));
        replica.start_ready().await;
        let sender = Sender::new([replica.public]);
        let enough = CancellationToken::new();
        let (busy, stop) = (Arc::clone(&sender), enough.clone());
        let mut chances = run.chances.fork();
        let sending = tokio::spawn(async move {
            let mut count = 0;
            while !stop.is_cancelled() {
                let posts = sender::plan(count..count + CHUNK, &mut chances);
                busy.deliver(posts, PACE, &mut chances).await;
                count += CHUNK;
            }
            count
        });
        Self {
            replica,
            outside,
            sender,
            sending,
            enough,
        }
    }

    /// Waits until a new event is answered 200, and says how long that took.
    async fn answers(&self, probe: Number) -> Duration {
        let begin = Instant::now();
        let post = Post::of([PROBES + probe]);
        until(SETTLING, "200", async || {
            self.sender.post(self.replica.public, &post).await == Some(StatusCode::OK)
        })
        .await;
        begin.elapsed()
    }

    /// Goes on for a while with events that are not taken, and says how long the slowest 503 took.
    async fn is_turned_away(&self, round: Number) -> Duration {
        let mut probes = PROBES + 1_000 * (round + 1)..;
        let mut post = || {
            let post = Post::of(probes.next());
            async move { self.sender.post(self.replica.public, &post).await }
        };
        // A killed server's processes end one by one.
        while post().await == Some(StatusCode::OK) {}
        let mut slowest = Duration::ZERO;
        for _ in 0..10 {
            let begin = Instant::now();
            assert_eq!(post().await, Some(StatusCode::SERVICE_UNAVAILABLE));
            slowest = slowest.max(begin.elapsed());
        }
        slowest
    }

    async fn end(self, database: &Database, probes: Number) -> (Verdict, usize) {
        self.end_at(&Inbox::of(database), probes).await
    }

    /// Waits until all is sent and done.
    async fn end_at(self, inbox: &Inbox, probes: Number) -> (Verdict, usize) {
        self.enough.cancel();
        let count = self.sending.await.unwrap();
        until(SETTLING, "everything is done", async || {
            inbox.pending().await == 0
        })
        .await;
        let sent = std::mem::take(&mut *self.sender.sent());
        let rows = inbox.rows().await;
        for probe in PROBES..PROBES + probes {
            let there = rows.get(&event::key(probe)).map(Vec::len);
            assert_eq!(there, Some(1), "probe {probe} was answered 200");
        }
        let verdict = Verdict::among(0..count, rows, &self.outside, &sent, &self.replica.deaths);
        (verdict, sent.turned_away)
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
