//! A server on free ports, and clients that say exactly which bytes they send.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use reqwest::Response;
use service_kit::http_client::{self, Limits, read_bounded, send};
use service_kit::{Readiness, Server, server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than anything here may take.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

pub(crate) struct Running {
    pub(crate) public: SocketAddr,
    pub(crate) internal: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) drained: JoinHandle<()>,
}

pub(crate) async fn start(router: Router, readiness: Readiness) -> Running {
    start_with(router, readiness, |server| server).await
}

pub(crate) async fn start_with(
    router: Router,
    readiness: Readiness,
    change: impl FnOnce(Server) -> Server,
) -> Running {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = change(Server::bind("test", any, any).await.unwrap());
    let (public, internal) = (server.public_addr(), server.internal_addr());
    let stop = CancellationToken::new();
    let drained = tokio::spawn(server.serve(
        server::with_problem_fallbacks(router),
        readiness,
        stop.clone().cancelled_owned(),
    ));
    Running {
        public,
        internal,
        stop,
        drained,
    }
}

impl Running {
    /// Stops the server and waits until it has.
    pub(crate) async fn stopped(self) {
        self.stop.cancel();
        tokio::time::timeout(BOUND, self.drained)
            .await
            .expect("the server stops")
            .unwrap();
    }
}

pub(crate) async fn fetch(addr: SocketAddr, path: &str) -> Response {
    let client = http_client::client(Limits::default());
    send(client.get(format!("http://{addr}{path}")))
        .await
        .unwrap()
}

pub(crate) async fn text(response: Response) -> String {
    String::from_utf8(read_bounded(response, 1 << 20).await.unwrap().to_vec()).unwrap()
}

pub(crate) fn hello() -> Router {
    Router::new()
        .route("/hello/{name}", get(|| async { "hello" }))
        .route(
            "/panic",
            get(|| async { panic!("a person's name") as &'static str }),
        )
}

/// A connection on which nothing was sent yet.
pub(crate) async fn connect(addr: SocketAddr) -> TcpStream {
    TcpStream::connect(addr).await.unwrap()
}

/// Everything that comes until the server ends the connection; it may not be reset.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    tokio::time::timeout(BOUND, stream.read_to_end(&mut answer))
        .await
        .expect("the server ends the connection")
        .expect("the connection is not reset");
    String::from_utf8(answer).unwrap()
}

/// Sends these bytes, and answers everything that comes until the server ends the connection.
pub(crate) async fn exchange(addr: SocketAddr, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = connect(addr).await;
    stream.write_all(bytes.as_ref()).await.unwrap();
    rest(&mut stream).await
}

/// One answer with a `Content-Length`; nothing if the connection ended before its first byte.
pub(crate) async fn answer(stream: &mut TcpStream) -> Option<String> {
    let mut answer = Vec::new();
    loop {
        let read = tokio::time::timeout(BOUND, stream.read_buf(&mut answer));
        if read.await.expect("an answer comes").ok()? == 0 {
            return None;
        }
        let text = std::str::from_utf8(&answer).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let (_, length) = head.split_once("content-length: ").unwrap();
        let length: usize = length.lines().next().unwrap().parse().unwrap();
        if body.len() == length {
            return Some(text.to_owned());
        }
    }
}

/// The value of a metric, as `/metrics` shows it.
pub(crate) async fn metric(internal: SocketAddr, name: &str) -> u64 {
    let metrics = text(fetch(internal, "/metrics").await).await;
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0, |value| value.trim().parse().unwrap())
}

/// Waits until a metric has this value.
pub(crate) async fn until_metric(internal: SocketAddr, name: &str, value: u64) {
    let waiting = async {
        while metric(internal, name).await != value {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(BOUND, waiting)
        .await
        .unwrap_or_else(|_| panic!("{name} becomes {value}"));
}
