//! Clients that take their time, or send too much of what nobody reads.

use std::process::{self, Command};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use reqwest::StatusCode;
use service_kit::Readiness;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::harness::{BOUND, connect, exchange, fetch, hello, metric, rest, start, until_metric};

/// Sends a byte of a head every second; answers how long the server bore it.
async fn drip(mut stream: TcpStream) -> Duration {
    let start = Instant::now();
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    let mut head = b"GET /hello/mei HTTP/1.1\r\nX-Long: "
        .iter()
        .chain(&[b'x'; 100]);
    let mut nothing = [0; 1];
    loop {
        tokio::select! {
            _ = seconds.tick() => if stream.write_all(&[*head.next().unwrap()]).await.is_err() {
                return start.elapsed();
            },
            _ = stream.read(&mut nothing) => return start.elapsed(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w33_a_thousand_slow_sockets_are_cut_off_while_others_are_served() {
    const SOCKETS: u64 = 1000;
    let limit = [
        "--pid".into(),
        process::id().to_string(),
        "--nofile=4096:".into(),
    ];
    let _ = Command::new("prlimit").args(limit).status();
    let running = start(hello(), Readiness::always()).await;
    let mut slow = JoinSet::new();
    for _ in 0..SOCKETS {
        slow.spawn(drip(connect(running.public).await));
    }
    let cut = r#"http_connections_cut_total{limit="head"}"#;
    let (mut served, start) = (0, Instant::now());
    while metric(running.internal, cut).await < SOCKETS {
        assert_eq!(
            fetch(running.public, "/hello/mei").await.status(),
            StatusCode::OK
        );
        served += 1;
        assert!(start.elapsed() < BOUND);
    }
    assert!(served > 50, "{served}");
    while let Some(borne) = slow.join_next().await {
        assert!(borne.unwrap() <= Duration::from_secs(10));
    }
    until_metric(running.internal, "http_connections", 0).await;
}

#[tokio::test]
async fn w33_a_socket_that_says_nothing_is_let_go() {
    let running = start(hello(), Readiness::always()).await;
    let mut silent = connect(running.public).await;
    assert_eq!(rest(&mut silent).await, "");
    let cut = r#"http_connections_cut_total{limit="first_byte"}"#;
    assert_eq!(metric(running.internal, cut).await, 1);
}

#[tokio::test]
async fn w32_a_body_that_does_not_come_is_408() {
    let router = Router::new().route("/", post(|body: Bytes| async { body }));
    let running = start(router, Readiness::always()).await;
    let start = Instant::now();
    let request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n0123456789";
    let answer = exchange(running.public, request).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("x-request-id: "), "{answer}");
    assert!(start.elapsed() < Duration::from_secs(9));
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_503() {
    let router = Router::new().route("/", get(std::future::pending::<&'static str>));
    let running = start(router, Readiness::always()).await;
    let mut stream = connect(running.public).await;
    let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: 1"), "{answer}");
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_not_kept_for_ever() {
    let endless = || async {
        Body::from_stream(futures::stream::repeat_with(|| {
            Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 1 << 16]))
        }))
    };
    let running = start(Router::new().route("/", get(endless)), Readiness::always()).await;
    let mut stream = connect(running.public).await;
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let cut = r#"http_connections_cut_total{limit="answer"}"#;
    until_metric(running.internal, cut, 1).await;
    until_metric(running.internal, "http_connections", 0).await;
}

#[tokio::test]
async fn o11_headers_beyond_the_limit_are_431() {
    let running = start(hello(), Readiness::always()).await;
    let long = format!("x-long: {}\r\n", "a".repeat(64 * 1024));
    let many = "x-one: a\r\n".repeat(200);
    for headers in [long, many] {
        let head = format!("GET /hello/mei HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        let answer = exchange(running.public, head).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn w30_a_client_that_sends_too_much_still_hears_why() {
    let router = Router::new().route("/", post(|body: Bytes| async { body }));
    let running = start(router, Readiness::always()).await;
    for _ in 0..20 {
        let mut stream = connect(running.public).await;
        let head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n";
        stream.write_all(head).await.unwrap();
        // It is told early on, and goes on sending before it listens.
        for _ in 0..64 {
            stream.write_all(&[b'x'; 1 << 14]).await.unwrap();
            tokio::task::yield_now().await;
        }
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
}
