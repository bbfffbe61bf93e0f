//! More than can be taken: sent away at once, and nothing is held that is not bounded.

use std::time::Duration;

use futures::future::join_all;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::events::text;
use crate::harness::{ALICE, BOUND, TestApp, delivery};

/// As many sockets as the system lets us have.
fn many_sockets() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let limit = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, limit).unwrap();
}

#[tokio::test]
async fn w49_whoever_comes_after_a_thousand_who_wait_is_sent_away_at_once() {
    many_sockets();
    let app = TestApp::start().await;
    let mut inbox = app.inbox().await;
    inbox.hold_writes().await;
    let bodies: Vec<_> = (1..=1800)
        .map(|id| delivery([text(id, &format!("U{id:032x}"), "hello")]))
        .collect();
    let answers = join_all(bodies.iter().map(|body| app.post(body.clone()))).await;
    for answer in answers {
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
    }
    // Whoever waits for the inbox waits half a second and more.
    let at_once = "http_request_duration_seconds_bucket{le=\"0.25\",method=\"POST\",route=\"/callback\",status=\"503\"}";
    let sent_away = app.metric(at_once).await;
    assert!(sent_away > 0, "{sent_away} of 1800 were sent away at once");

    inbox.let_go().await;
    let last = text(1801, ALICE, "last");
    let accepted = async { while app.post(delivery([last.clone()])).await.status() != 200 {} };
    tokio::time::timeout(BOUND, accepted)
        .await
        .expect("taken again in time");
    app.line.replies.wait(1).await;
}

const BODY: usize = 1024 * 1024;

/// Begins to send as much as one body may have, and stops a byte before its end.
async fn almost_a_body(app: &TestApp) -> TcpStream {
    let address = app.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /callback HTTP/1.1\r\nHost: x\r\nX-Line-Signature: AAAA\r\nContent-Length: {BODY}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // It may be sent away before it is done.
    let _ = stream.write_all(&vec![b'x'; BODY - 1]).await;
    stream
}

#[tokio::test]
async fn strangers_bodies_take_sixteen_mebibytes_at_most() {
    let app = TestApp::start().await;
    let crowded = async {
        loop {
            // All but sixteen bytes. Each is let go of after a second; then there is room again.
            let strangers = join_all((0..16).map(|_| almost_a_body(&app))).await;
            // What needs no store is refused for its bytes alone.
            let refused = async { while app.post(delivery([])).await.status() != 503 {} };
            let refused = tokio::time::timeout(Duration::from_secs(1), refused).await;
            drop(strangers);
            if refused.is_ok() {
                break;
            }
        }
    };
    tokio::time::timeout(BOUND, crowded)
        .await
        .expect("crowded in time");
    let roomy = async { while app.post(delivery([])).await.status() != 200 {} };
    tokio::time::timeout(BOUND, roomy)
        .await
        .expect("room again in time");
    app.deliver([text(1, ALICE, "hello")]).await;
    app.line.replies.wait(1).await;
}
