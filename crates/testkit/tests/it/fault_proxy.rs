//! A network that fails where it is told to.

use std::time::Duration;

use testkit::FaultProxy;
use testkit::fault_proxy::{Direction, Mode, contains};
use testkit::postgres::{Durability, Server, query};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const BOUND: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(30);

/// A client and a server that have met through a proxy.
async fn pair() -> (FaultProxy, TcpListener, TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = FaultProxy::before(listener.local_addr().unwrap())
        .await
        .unwrap();
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    (proxy, listener, client, server)
}

async fn say(stream: &mut TcpStream, words: &str) {
    stream.write_all(words.as_bytes()).await.unwrap();
}

/// What comes until the end, which is an error where it is an RST.
async fn hear(stream: &mut TcpStream) -> (String, bool) {
    let mut heard = Vec::new();
    let end = timeout(BOUND, stream.read_to_end(&mut heard))
        .await
        .unwrap();
    (String::from_utf8(heard).unwrap(), end.is_ok())
}

async fn hear_exactly(stream: &mut TcpStream, words: &str) {
    let mut heard = vec![0; words.len()];
    timeout(BOUND, stream.read_exact(&mut heard))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(heard, words.as_bytes());
}

async fn hear_nothing(stream: &mut TcpStream) {
    assert!(timeout(SHORT, stream.read_u8()).await.is_err());
}

#[tokio::test]
async fn it_passes_everything_on() {
    let (proxy, _listener, mut client, mut server) = pair().await;
    say(&mut client, "hello").await;
    client.shutdown().await.unwrap();
    assert_eq!(hear(&mut server).await, ("hello".to_owned(), true));
    say(&mut server, "good day").await;
    drop(server);
    assert_eq!(hear(&mut client).await, ("good day".to_owned(), true));
    assert_eq!(proxy.bytes(Direction::ToServer), 5);
    assert_eq!(proxy.bytes(Direction::ToClient), 8);
    assert_eq!((proxy.connections(), proxy.cuts()), (1, 0));
}

#[tokio::test]
async fn it_cuts_after_so_many_bytes() {
    let (proxy, _listener, mut client, mut server) = pair().await;
    proxy.set(Mode::CutAfter(Direction::ToClient, 4));
    say(&mut client, "a long question").await;
    hear_exactly(&mut server, "a long question").await;
    say(&mut server, "answer").await;
    assert_eq!(hear(&mut client).await, ("answ".to_owned(), false));
    assert_eq!(hear(&mut server).await, (String::new(), false));
}

#[tokio::test]
async fn what_is_refused_is_reset_old_and_new() {
    let (proxy, listener, mut client, mut server) = pair().await;
    proxy.set(Mode::Refuse);
    assert_eq!(hear(&mut client).await, (String::new(), false));
    assert_eq!(hear(&mut server).await, (String::new(), false));
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(hear(&mut client).await, (String::new(), false));
    proxy.set(Mode::Pass);
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    say(&mut client, "hello").await;
    hear_exactly(&mut server, "hello").await;
}

#[tokio::test]
async fn what_stalls_comes_later_and_what_is_swallowed_never() {
    let (proxy, _listener, mut client, mut server) = pair().await;
    proxy.set(Mode::Stall);
    say(&mut client, "late ").await;
    hear_nothing(&mut server).await;
    proxy.set(Mode::Pass);
    hear_exactly(&mut server, "late ").await;
    proxy.set(Mode::Blackhole);
    say(&mut client, "lost ").await;
    hear_nothing(&mut server).await;
    proxy.set(Mode::Pass);
    say(&mut client, "found").await;
    hear_exactly(&mut server, "found").await;
}

#[tokio::test]
async fn it_can_be_slow() {
    let (proxy, _listener, mut client, mut server) = pair().await;
    proxy.set(Mode::Trickle(SHORT));
    say(&mut client, "abc").await;
    hear_exactly(&mut server, "a").await;
    assert_eq!(proxy.bytes(Direction::ToServer), 1);
    hear_exactly(&mut server, "bc").await;
    proxy.set(Mode::Delay(3 * SHORT));
    say(&mut client, "later").await;
    hear_nothing(&mut server).await;
    hear_exactly(&mut server, "later").await;
}

#[tokio::test]
async fn it_closes_one_half() {
    let (proxy, _listener, mut client, mut server) = pair().await;
    proxy.set(Mode::HalfClose(Direction::ToServer));
    assert_eq!(hear(&mut server).await, (String::new(), true));
    say(&mut server, "still here").await;
    hear_exactly(&mut client, "still here").await;
}

#[tokio::test]
async fn it_cuts_what_is_open_and_leads_elsewhere() {
    let (proxy, _listener, mut client, _server) = pair().await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    proxy.set_upstream(elsewhere.local_addr().unwrap());
    proxy.cut();
    assert_eq!(hear(&mut client).await, (String::new(), false));
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    let (mut server, _) = elsewhere.accept().await.unwrap();
    say(&mut server, "welcome").await;
    hear_exactly(&mut client, "welcome").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_a_commit() {
    let server = Server::start(Durability::Fast).unwrap();
    let database = server.fresh_database().unwrap();
    let proxy = FaultProxy::before(([127, 0, 0, 1], server.port()).into())
        .await
        .unwrap();
    let by_proxy = proxy.instead_of(&database.url());
    let rows = || query(&database.url(), "select count(*) from mark").unwrap();
    query(&by_proxy, "create table mark (n int)").unwrap();
    let insert = "begin; insert into mark values (1); COMMIT";

    proxy.cut_before(|direction, bytes| {
        direction == Direction::ToServer && contains(bytes, "COMMIT")
    });
    query(&by_proxy, insert).unwrap_err();
    assert_eq!(rows(), "0");

    proxy
        .cut_when(|direction, bytes| direction == Direction::ToServer && contains(bytes, "COMMIT"));
    query(&by_proxy, insert).unwrap_err();
    timeout(BOUND, async {
        while proxy.cuts() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert_eq!(rows(), "1");

    proxy.clear_hook();
    query(&by_proxy, insert).unwrap();
    assert_eq!(rows(), "2");
}
