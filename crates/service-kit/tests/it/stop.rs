//! A server that stops, with clients that do not know it yet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use reqwest::StatusCode;
use service_kit::Readiness;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::harness::{BOUND, answer, connect, fetch, hello, metric, rest, start, start_with, text};

const HELLO: &[u8] = b"GET /hello/mei HTTP/1.1\r\nHost: x\r\n\r\n";

/// A handler that says when it was entered, and goes on when it may.
fn slow() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (entered, proceed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (at_entry, at_exit) = (Arc::clone(&entered), Arc::clone(&proceed));
    let handler = move || async move {
        at_entry.notify_one();
        at_exit.notified().await;
        "done"
    };
    (Router::new().route("/slow", get(handler)), entered, proceed)
}

#[tokio::test]
async fn o03_a_stop_lets_the_request_in_flight_finish() {
    let (router, entered, proceed) = slow();
    let running = start(router, Readiness::always()).await;
    let public = running.public;
    let mut stream = connect(public).await;
    stream
        .write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    entered.notified().await;
    running.stop.cancel();
    while TcpStream::connect(public).await.is_ok() {
        tokio::task::yield_now().await;
    }
    proceed.notify_one();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.ends_with("done"), "{answer}");
    running.drained.await.unwrap();
}

#[tokio::test]
async fn i14_readiness_ends_at_once_and_the_door_stays_open_for_the_delay() {
    let running = start_with(hello(), Readiness::always(), |server| {
        server.shutdown_delay(Duration::from_secs(2))
    })
    .await;
    let mut idle = connect(running.public).await;
    idle.write_all(HELLO).await.unwrap();
    let before = answer(&mut idle).await.unwrap();
    assert!(!before.contains("connection: close"), "{before}");
    let start = Instant::now();
    running.stop.cancel();
    while fetch(running.internal, "/readyz").await.status() == StatusCode::OK {
        assert!(start.elapsed() < Duration::from_secs(2));
    }
    // Both a new connection and one from before the stop are served, once more.
    idle.write_all(HELLO).await.unwrap();
    for stream in [idle, connect(running.public).await] {
        let mut stream = stream;
        let _ = stream.write_all(HELLO).await;
        let last = rest(&mut stream).await;
        assert!(last.starts_with("HTTP/1.1 200"), "{last}");
        assert!(last.contains("connection: close"), "{last}");
    }
    running.drained.await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(2));
    assert!(TcpStream::connect(running.public).await.is_err());
}

/// Sends requests on one connection after the other, as a load balancer does: `noticed` is when it sees the end of
/// readiness and opens no more. Answers how many requests were answered.
async fn keep_sending(public: SocketAddr, noticed: CancellationToken) -> usize {
    let mut answered = 0;
    loop {
        if noticed.is_cancelled() {
            return answered;
        }
        let mut stream = connect(public).await;
        loop {
            stream.write_all(HELLO).await.expect("the server hears");
            let answer = answer(&mut stream).await.expect("the server answers");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            answered += 1;
            if answer.contains("connection: close") {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i14_a_hundred_clients_that_never_rest_see_no_failure() {
    let running = start_with(hello(), Readiness::always(), |server| {
        server.shutdown_delay(Duration::from_secs(1))
    })
    .await;
    let noticed = CancellationToken::new();
    let mut clients = JoinSet::new();
    for _ in 0..100 {
        clients.spawn(keep_sending(running.public, noticed.clone()));
    }
    let requests = r#"http_requests_total{method="GET",route="/hello/{name}",status="200"}"#;
    while metric(running.internal, requests).await < 5_000 {}
    running.stop.cancel();
    while fetch(running.internal, "/readyz").await.status() == StatusCode::OK {}
    noticed.cancel();
    let mut answered = 0;
    while let Some(client) = clients.join_next().await {
        answered += client.expect("no client saw a failure");
    }
    assert!(answered >= 5_000, "{answered}");
    running.drained.await.unwrap();
}

#[tokio::test]
async fn i14_a_request_that_is_still_arriving_when_the_door_closes_is_answered() {
    let running = start(hello(), Readiness::always()).await;
    let (first, second) = HELLO.split_at(20);
    let mut stream = connect(running.public).await;
    // Once on a connection that has served before, for that is what looks idle.
    stream.write_all(HELLO).await.unwrap();
    answer(&mut stream).await.unwrap();
    stream.write_all(first).await.unwrap();
    // The server answers on another connection after it has read this one.
    fetch(running.public, "/hello/mei").await;
    running.stop.cancel();
    while TcpStream::connect(running.public).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(second).await.unwrap();
    let last = rest(&mut stream).await;
    assert!(last.starts_with("HTTP/1.1 200"), "{last}");
    assert!(last.contains("connection: close"), "{last}");
    running.drained.await.unwrap();
}

#[tokio::test]
async fn o04_idle_connections_do_not_delay_the_stop() {
    let running = start(hello(), Readiness::always()).await;
    let mut idle = Vec::new();
    for _ in 0..10 {
        let mut stream = connect(running.public).await;
        stream.write_all(HELLO).await.unwrap();
        answer(&mut stream).await.unwrap();
        idle.push(stream);
    }
    idle.push(connect(running.public).await);
    let start = Instant::now();
    running.stopped().await;
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn o04_stalled_clients_hold_the_stop_no_longer_than_the_drain_limit() {
    let (slow, entered, _) = slow();
    let router = slow
        .merge(hello())
        .route("/", post(|body: Bytes| async { body }));
    let running = start(router, Readiness::always()).await;
    let mut stalled = Vec::new();
    for bytes in [
        "GET /hello/mei HTT",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n",
        "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n",
    ] {
        let mut stream = connect(running.public).await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stalled.push(stream);
    }
    entered.notified().await;
    let start = Instant::now();
    running.stop.cancel();
    tokio::time::timeout(BOUND, running.drained)
        .await
        .expect("the server stops")
        .unwrap();
    let took = start.elapsed();
    assert!(
        took >= Duration::from_secs(9),
        "the slow handler had its time: {took:?}"
    );
    assert!(took < Duration::from_secs(14), "{took:?}");
}

#[tokio::test]
async fn metrics_can_be_read_until_the_last_request_has_ended() {
    let (router, entered, proceed) = slow();
    let running = start(router, Readiness::always()).await;
    let public = running.public;
    let last = tokio::spawn(async move { text(fetch(public, "/slow").await).await });
    entered.notified().await;
    running.stop.cancel();
    while TcpStream::connect(public).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(metric(running.internal, "http_connections").await, 1);
    proceed.notify_one();
    assert_eq!(last.await.unwrap(), "done");
    running.drained.await.unwrap();
}
