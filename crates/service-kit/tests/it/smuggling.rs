//! Requests that two parties may read differently.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::routing::any;
use service_kit::Readiness;
use tokio::io::AsyncWriteExt as _;

use crate::harness::{answer, connect, exchange, rest, start};

/// Counts the requests that reach a handler.
fn counting() -> (Router, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let handler = move |body: Bytes| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move { body }
    };
    (Router::new().route("/", any(handler)), seen)
}

#[tokio::test]
async fn w34_an_ambiguous_request_is_400_and_nothing_after_it_is_seen() {
    let (router, seen) = counting();
    let running = start(router, Readiness::always()).await;
    let smuggled = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    for (name, head) in [
        (
            "both, length first",
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "both, chunks first",
            "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        ),
        (
            "two lengths",
            "Content-Length: 0\r\nContent-Length: 4\r\n\r\nabcd",
        ),
        (
            "the same length twice",
            "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
        ),
        ("lengths in a list", "Content-Length: 4, 4\r\n\r\nabcd"),
        ("a signed length", "Content-Length: +4\r\n\r\nabcd"),
        (
            "an unknown coding",
            "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "a coding in disguise",
            "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "two codings",
            "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "coding twice",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        ),
        ("a space before the colon", "Content-Length : 4\r\n\r\nabcd"),
        ("a folded line", "X: y\r\n Content-Length: 4\r\n\r\nabcd"),
        ("a bare line feed", "X: y\nContent-Length: 4\r\n\r\nabcd"),
        ("a bare line feed at the end", "Content-Length: 4\r\n\nabcd"),
        (
            "a bare carriage return",
            "X: y\rContent-Length: 4\r\n\r\nabcd",
        ),
        (
            "a bare line feed among chunks",
            "Transfer-Encoding: chunked\r\n\r\n4\nabcd\r\n0\r\n\r\n",
        ),
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: x\r\n{head}{smuggled}");
        let answers = exchange(running.public, request).await;
        assert!(answers.starts_with("HTTP/1.1 400"), "{name}: {answers}");
        assert_eq!(answers.matches("HTTP/1.1").count(), 1, "{name}: {answers}");
    }
    // A body of chunks that turns out to be none has reached its handler's door, and no further.
    assert_eq!(seen.load(Ordering::SeqCst), 0);
    running.stopped().await;
}

#[tokio::test]
async fn w34_an_ambiguous_request_that_trickles_in_is_400() {
    let (router, seen) = counting();
    let running = start(router, Readiness::always()).await;
    let mut stream = connect(running.public).await;
    stream.set_nodelay(true).unwrap();
    let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n";
    for byte in head.bytes() {
        stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 400"));
    assert_eq!(seen.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn w34_what_came_before_an_ambiguous_request_is_answered() {
    let (router, seen) = counting();
    let running = start(router, Readiness::always()).await;
    let first = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n\n\n";
    let second = "GET / HTTP/1.1\nHost: x\r\n\r\n";
    let answers = exchange(running.public, format!("{first}{first}{second}")).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 400").count(), 1, "{answers}");
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn clear_requests_follow_one_another_on_a_connection() {
    let (router, _) = counting();
    let running = start(router, Readiness::always()).await;
    let mut stream = connect(running.public).await;
    for body in [
        "Content-Length: 4\r\n\r\na\n\nd",
        "Transfer-Encoding: chunked\r\n\r\n4\r\na\n\nd\r\n0\r\n\r\n",
        "content-length:4\r\n\r\na\n\nd",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: x\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = answer(&mut stream).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("\r\n\r\na\n\nd"), "{answer}");
    }
}
