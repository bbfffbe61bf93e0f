//! The attacks that are the ingress' business, by their IDs.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use reqwest::{RequestBuilder, StatusCode, header};
use service_kit::http_client::send;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::Ingress;
use super::suite::Behind;

/// The status of an answer to bytes that no honest client sends.
async fn raw(addr: SocketAddr, request: &str) -> u16 {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    String::from_utf8_lossy(&head[9..]).parse().unwrap()
}

async fn status(request: RequestBuilder) -> StatusCode {
    send(request).await.unwrap().status()
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn attacks_end_at_the_ingress_or_are_answered_as_they_should() {
    let house = Behind::start("http://localhost").await;
    let ingress = Ingress::of("demo", "localhost", &house.backends()).await;
    let web = ingress.web;
    let site = format!("http://{web}");

    // O01: health and metrics have a port of their own, which no route leads to.
    for path in [
        "/livez",
        "/readyz",
        "/metrics",
        "/internal",
        "/callback/metrics",
        "/api/metrics",
        "/auth/readyz",
    ] {
        let answer = raw(web, &get(path, "")).await;
        assert!(
            [303, 401, 404, 405].contains(&answer),
            "O01: {path} is {answer}"
        );
    }

    // O11: too much before the body.
    let long = format!("x-long: {}\r\n", "a".repeat(64 * 1024));
    assert_eq!(raw(web, &get("/en/", &long)).await, 431, "O11");
    let many: Vec<_> = (0..200)
        .map(|number| format!("x-{number}: 1\r\n"))
        .collect();
    assert_eq!(raw(web, &get("/en/", &many.concat())).await, 431, "O11");

    // O13: paths that mean something else to somebody else.
    for path in [
        "/callback/..%2fadmin",
        "/callback%2f..%2f..%2fapi/users",
        "/callback%3bx",
        "/callback/%5c..%5capi",
        "/en/%00",
    ] {
        assert_eq!(raw(web, &get(path, "")).await, 400, "O13: {path}");
    }
    for path in ["//admin", "/callback;x", "/callback/../admin", "/./metrics"] {
        assert_eq!(raw(web, &get(path, "")).await, 404, "O13: {path}");
    }

    // W30, W35: refused by their heads alone.
    let post =
        |headers: &str| format!("POST /callback HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
    assert_eq!(
        raw(web, &post("content-length: 1048577\r\n")).await,
        413,
        "W30"
    );
    let bomb = ingress
        .http
        .post(format!("{site}/callback"))
        .header("host", "localhost")
        .header("content-encoding", "gzip")
        .body(vec![0; 4096]);
    assert_eq!(
        status(bomb.header("x-line-signature", "AA==")).await,
        415,
        "W35"
    );

    // L43: a browser that signs in a hundred times at once. The ingress has a fuse, 60 and then 5 a second; of what it lets
    // through, register-server takes 20 from one browser, and then 10 a minute. The first one makes it known, and is
    // not counted: nobody knows an address of loopback. On a slow machine there are a few more.
    let get = |path: &str| {
        ingress
            .http
            .get(format!("{site}{path}"))
            .header("host", "localhost")
    };
    let (mut admitted, mut passed) = (0, 0);
    let mut browser = String::new();
    let begin = Instant::now();
    for _ in 0..100 {
        let request = get("/auth/login").header(header::COOKIE, &browser);
        let answer = send(request).await.unwrap();
        let location = answer.headers().get(header::LOCATION);
        let at_line = location.is_some_and(|to| to.to_str().unwrap().starts_with(&house.line));
        admitted += u64::from(at_line);
        // Every answer of a service's own carries its request's ID.
        passed += u64::from(answer.headers().contains_key("x-request-id"));
        if browser.is_empty() {
            let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
            let pairs = cookies.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
            browser = pairs.collect::<Vec<_>>().join("; ");
        }
    }
    let seconds = begin.elapsed().as_secs() + 1;
    eprintln!("L43: of 100 in {seconds} s, {passed} passed the ingress, {admitted} began");
    assert!((60..=60 + 5 * seconds).contains(&passed), "L43: {passed}");
    assert!(
        (21..=22 + seconds / 6).contains(&admitted),
        "L43: {admitted}"
    );
    // Nobody else's route is limited by that.
    assert_eq!(status(get("/member/session")).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn o12_l31_nobody_says_who_they_are_by_a_header() {
    let seen = Arc::<Mutex<HeaderMap>>::default();
    let echo = echo(Arc::clone(&seen)).await;
    let ingress = Ingress::of(
        "demo",
        "localhost",
        &[("register-client", vec![echo])].into(),
    )
    .await;
    let spoofed = [
        "x-internal-user",
        "X-Internal-Role",
        "x_internal_user",
        "X-Forwarded-User",
        "X_Forwarded_Host",
        "x-auth-request-user",
    ];
    let headers: Vec<_> = spoofed
        .iter()
        .map(|name| format!("{name}: admin\r\n"))
        .collect();
    let headers = headers.concat();
    let headers = format!(
        "{headers}x-forwarded-host: evil.example\r\nx-forwarded-for: 1.2.3.4\r\nx-request-id: kept\r\n"
    );
    assert_eq!(raw(ingress.web, &get("/en/", &headers)).await, 200);
    let seen = seen.lock().unwrap();
    assert!(
        spoofed.iter().all(|name| !seen.contains_key(*name)),
        "{seen:?}"
    );
    assert_eq!(seen["x-forwarded-host"], "localhost");
    assert_eq!(seen["x-forwarded-for"], "127.0.0.1");
    assert_eq!(seen["x-request-id"], "kept");
}

/// A service that remembers the headers of the last request.
async fn echo(seen: Arc<Mutex<HeaderMap>>) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let seen = Arc::clone(&seen);
            let answer = service_fn(move |request: Request<Incoming>| {
                seen.lock().unwrap().clone_from(request.headers());
                async { Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default())) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    addr
}
