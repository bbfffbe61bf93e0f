//! I-16, by the very manifests: a replica dies, another hangs, a node is gone, and LINE sees none of it.

use std::net::SocketAddr;
use std::time::Duration;

use testkit::postgres::{Durability, Server};
use testkit::tier::Tier;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use super::super::inbox::Inbox;
use super::super::load::{Answers, Load};
use super::super::outside::Outside;
use super::super::rig::{Replica, until};
use crate::manifests::traefik::{Backends, Ingress};

const RATE: (u32, u32) = (25, 50);
/// A replica is dead or hangs for this long, which is longer than a cluster takes to see it.
const AWAY: Duration = Duration::from_secs(4);
/// Nobody on this machine takes so long to be heard.
const KNOCK: Duration = Duration::from_millis(500);
const SETTLING: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i16_a_replica_that_dies_or_hangs_costs_no_event() {
    let tier = Tier::from_env();
    let server = Server::start(Durability::Fast).unwrap();
    let database = server.fresh_database().unwrap();
    let outside = Outside::start().await;
    let mut replicas: Vec<_> = (1..=2)
        .map(|number| replica(number, &database.url(), &outside))
        .collect();
    for replica in &mut replicas {
        replica.start_ready().await;
    }
    let addrs = replicas.iter().map(|replica| replica.public).collect();
    let ingress = Ingress::of("demo", "localhost", &Backends::from([("webhook", addrs)])).await;

    let turns = tier.pick(1, 10);
    let rate = tier.pick(RATE.0, RATE.1);
    let seconds = u32::try_from(AWAY.as_secs()).unwrap() * 4 * turns;
    let count = rate * seconds;
    let load = Load::on(ingress.web).for_host("localhost");
    let pace = Duration::from_secs(1) / rate;
    let (answers, ()) = tokio::join!(load.send(0..count, pace), trouble(&mut replicas, turns));
    eprintln!(
        "I-16: {turns} kills and {turns} hangs of one of two replicas in {seconds} s: {answers}"
    );
    // A machine with too much else to do makes the replica that is well look ill: then LINE comes again.
    if answers.are_on_time() {
        complain(&answers, &ingress);
    }
    for failed in answers.failed() {
        let again = load.send(failed.event..failed.event + 1, pace).await;
        complain(&again, &ingress);
    }

    let inbox = Inbox::of(&database);
    until(SETTLING, "everything is done", async || {
        inbox.pending().await == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i16_a_node_that_is_gone_costs_no_event() {
    let tier = Tier::from_env();
    let server = Server::start(Durability::Fast).unwrap();
    let database = server.fresh_database().unwrap();
    let outside = Outside::start().await;
    let mut left = replica(1, &database.url(), &outside);
    left.start_ready().await;
    let gone = Gone::node().await;
    let addrs = vec![left.public, gone.addr];
    let ingress = Ingress::of("demo", "localhost", &Backends::from([("webhook", addrs)])).await;

    let rate = tier.pick(RATE.0, RATE.1);
    let count = rate * tier.pick(5, 60);
    let load = Load::on(ingress.web).for_host("localhost");
    let pace = Duration::from_secs(1) / rate;
    let answers = load.send(0..count, pace).await;
    eprintln!("I-16: one of two replicas is on a node that is gone: {answers}");
    if answers.are_on_time() {
        complain(&answers, &ingress);
    }
    assert!(answers.accepted().len() * 2 > answers.len(), "{answers}");
    let inbox = Inbox::of(&database);
    until(SETTLING, "everything is done", async || {
        inbox.pending().await == 0
    })
    .await;
}

/// An address from which nothing comes, not even a refusal: its queue is full, and who knocks is not heard.
struct Gone {
    addr: SocketAddr,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Gone {
    async fn node() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 9], 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut queue = Vec::new();
        while let Ok(knock) = timeout(KNOCK, TcpStream::connect(addr)).await {
            queue.push(knock.unwrap());
        }
        Self {
            addr,
            _listener: listener,
            _queue: queue,
        }
    }
}

/// A replica with an address of its own, as pods have: Traefik tells them apart by that.
fn replica(number: u8, database: &str, outside: &Outside) -> Replica {
    let mut replica = Replica::new(usize::from(number), database, outside);
    replica.public.set_ip([127, 0, 0, number].into());
    let public = replica.public.to_string();
    replica.with(|program| program.env("LISTEN_ADDR", public))
}

/// One is killed and started again, then the other hangs and goes on.
async fn trouble(replicas: &mut [Replica], turns: u32) {
    for _ in 0..turns {
        tokio::time::sleep(AWAY).await;
        replicas[0].kill();
        tokio::time::sleep(AWAY).await;
        replicas[0].start_ready().await;
        tokio::time::sleep(AWAY / 2).await;
        replicas[1].running().pause().unwrap();
        tokio::time::sleep(AWAY).await;
        replicas[1].running().resume().unwrap();
    }
}

fn complain(answers: &Answers, ingress: &Ingress) {
    let failed: Vec<_> = answers.failed().take(10).collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", ingress.said());
}
