//! I-14: replicas are stopped and started all the time, and nobody outside notices.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use testkit::postgres::{Durability, Server};
use testkit::process::Signal;
use testkit::seed::{Seeded, seeds};
use testkit::tier::Tier;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::inbox::Inbox;
use super::ingress::{Ingress, NOTICE};
use super::load::{Answers, Load};
use super::outside::Outside;
use super::rig::{Replica, until};
use super::sender::{Post, Sender};
use super::verdict::Verdict;

/// One replica after the other is stopped, this often.
const TURN: Duration = Duration::from_secs(5);
/// Longer than Traefik takes to notice.
const DELAY: &str = "2";
/// A process that was told to end has ended by then.
const EXIT: Duration = Duration::from_secs(15);

/// Requests a second, and as many beside them that are not tried again: few where a machine has much else to do.
const RATE: (u32, u32) = (50, 100);

const SETTLING: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i14_a_rollout_behind_the_ingress_costs_no_request() {
    let mut run = Seeded::new(seeds(1).next().unwrap());
    let tier = Tier::from_env();
    let turns = tier.pick(3, 12);
    let server = Server::start(Durability::Fast).unwrap();
    let database = server.fresh_database().unwrap();
    let outside = Outside::start().await;
    let mut replicas: Vec<_> = (0..2)
        .map(|name| {
            Replica::new(name, &database.url(), &outside)
                .with(|program| program.env("SHUTDOWN_DELAY", DELAY))
        })
        .collect();
    for replica in &mut replicas {
        replica.start_ready().await;
    }
    let ingress = Ingress::before(&replicas).await;

    let (load, once) = (Load::on(ingress.public), Load::on(ingress.once));
    let rate = tier.pick(RATE.0, RATE.1);
    let pace = Duration::from_secs(1) / rate;
    let half = turns * rate * u32::try_from(TURN.as_secs()).unwrap();
    let count = 2 * half;
    let (answers, once, exits) = tokio::join!(
        load.send(0..half, pace),
        once.send(half..count, pace),
        roll(&mut replicas, turns)
    );
    eprintln!(
        "I-14: {turns} stops in {} s, each exited 0 after {exits:.1?}; with a second attempt: {answers}; without: {once}",
        u64::from(turns) * TURN.as_secs()
    );
    complain(&answers, &ingress, &replicas);

    // What was not tried again by Traefik is sent again by LINE.
    let sender = Sender::new([ingress.public]);
    let again: Vec<_> = once
        .failed()
        .map(|failed| Post::of([failed.event]))
        .collect();
    sender.deliver(again, pace, &mut run.chances).await;
    let inbox = Inbox::of(&database);
    until(SETTLING, "everything is done", async || {
        inbox.pending().await == 0
    })
    .await;
    let mut sent = std::mem::take(&mut *sender.sent());
    sent.answered.extend(answers.accepted());
    sent.answered.extend(once.accepted());
    // Nobody died: whoever was stopped has finished what it began, and nothing is done twice.
    let verdict = Verdict::of(0..count, &inbox, &outside, &sent, &HashMap::new()).await;
    eprintln!("I-14: {verdict}");

    let replica = replicas.last_mut().unwrap();
    let stalled = stall(replica.public).await;
    let exit = stop(replica).await;
    eprintln!(
        "I-14: with {} clients that stall, exited 0 after {exit:.1?}",
        stalled.len()
    );
}

fn complain(answers: &Answers, ingress: &Ingress, replicas: &[Replica]) {
    let failed: Vec<_> = answers.failed().take(10).collect();
    let said: Vec<_> = replicas.iter().map(Replica::said).collect();
    assert!(
        failed.is_empty(),
        "{failed:#?}\n{}\n{}",
        ingress.said(),
        said.join("\n")
    );
}

/// Stops one after the other and starts it again at once. Says how long each took to end.
async fn roll(replicas: &mut [Replica], turns: u32) -> Vec<Duration> {
    let begin = Instant::now();
    let mut exits = Vec::new();
    let mut seen = begin;
    for turn in 0..turns {
        // A rollout goes on when the last replica serves again.
        let due = (begin + TURN * turn).max(seen);
        tokio::time::sleep_until(due.into()).await;
        let which = usize::try_from(turn).unwrap() % replicas.len();
        let replica = &mut replicas[which];
        exits.push(stop(replica).await);
        replica.start_ready().await;
        seen = Instant::now() + NOTICE;
    }
    tokio::time::sleep_until(seen.into()).await;
    exits
}

/// Stops a replica as an orchestrator does.
pub(super) async fn stop(replica: &mut Replica) -> Duration {
    let mut process = replica.process.take().unwrap();
    let told = Instant::now();
    process.signal(Signal::TERM).unwrap();
    let status = process.exit(EXIT).await.unwrap();
    assert!(status.success(), "{status}: {}", process.said());
    told.elapsed()
}

/// Clients that begin a request and never go on.
async fn stall(replica: SocketAddr) -> Vec<TcpStream> {
    let mut clients = Vec::new();
    for begun in [
        "",
        "POST /callb",
        "POST /callback HTTP/1.1\r\nhost: webhook\r\nx-line-signature: x\r\ncontent-length: 100\r\n\r\n{",
    ] {
        let mut client = TcpStream::connect(replica).await.unwrap();
        client.write_all(begun.as_bytes()).await.unwrap();
        clients.push(client);
    }
    clients
}
