//! What a body may be, before anyone reads it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::events::text;
use crate::harness::{ALICE, BOUND, SECRET, TestApp, delivery, sign};

const LIMIT: usize = 1024 * 1024;

/// Writes these bytes to the callback's port and reads until the app hangs up.
pub(crate) async fn raw(app: &TestApp, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://"))
        .await
        .unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(BOUND, stream.read_to_end(&mut answer)).await;
    read.expect("the app hangs up in time").unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn w29_the_content_type_does_not_matter() {
    let app = TestApp::start().await;
    for content_type in [Some("text/plain"), None] {
        let body = delivery([]);
        let request = app.client().post(format!("{}/callback", app.url));
        let request = request
            .header("x-line-signature", sign(SECRET, &body))
            .body(body);
        let request = match content_type {
            Some(content_type) => request.header("content-type", content_type),
            None => request,
        };
        assert_eq!(
            request.send().await.unwrap().status(),
            200,
            "{content_type:?}"
        );
    }
}

#[tokio::test]
async fn w30_a_body_that_announces_too_much_is_refused_unread() {
    let app = TestApp::start().await;
    let head = format!(
        "POST /callback HTTP/1.1\r\nHost: x\r\nX-Line-Signature: AAAA\r\nContent-Length: {}\r\n\r\n",
        LIMIT + 1
    );
    // Not one byte of the body is sent.
    assert!(raw(&app, head.as_bytes()).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn w30_a_body_of_exactly_the_limit_is_taken() {
    let app = TestApp::start().await;
    let mut body = delivery([]);
    body.resize(LIMIT, b' ');
    assert_eq!(app.post(body).await.status(), 200);
}

#[tokio::test]
async fn w31_a_chunked_body_is_cut_off_at_the_limit() {
    let app = TestApp::start().await;
    let mut request =
        b"POST /callback HTTP/1.1\r\nHost: x\r\nX-Line-Signature: AAAA\r\nTransfer-Encoding: chunked\r\n\r\n"
            .to_vec();
    request.extend(format!("{:x}\r\n", LIMIT + 1).bytes());
    request.resize(request.len() + LIMIT + 1, b'x');
    assert!(raw(&app, &request).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn w32_a_body_that_does_not_come_is_not_waited_for() {
    let app = TestApp::start().await;
    let head = "POST /callback HTTP/1.1\r\nHost: x\r\nX-Line-Signature: AAAA\r\nContent-Length: 100000\r\n\r\n0123456789";
    assert!(raw(&app, head.as_bytes()).await.starts_with("HTTP/1.1 408"));
}

#[tokio::test]
async fn w35_an_encoded_body_is_refused_and_never_inflated() {
    let app = TestApp::start().await;
    let body = delivery([text(1, ALICE, "hello")]);
    for (encoding, status) in [
        ("gzip", 415),
        ("br", 415),
        ("identity, gzip", 415),
        ("identity", 200),
    ] {
        let request = app
            .request(body.clone())
            .header("content-encoding", encoding);
        let request = request.header("x-line-signature", sign(SECRET, &body));
        assert_eq!(request.send().await.unwrap().status(), status, "{encoding}");
    }
}
