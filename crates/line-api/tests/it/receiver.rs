//! Whoever answers in LINE's place: a server on loopback that says what the test tells it to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method};
use reqwest::Client;
use serde_json::Value;
use service_kit::http_client::{self, Limits};
use tokio::net::TcpListener;
use url::Url;

/// A client as the services have it, less patient.
pub(crate) fn client() -> Client {
    http_client::client(Limits {
        connect: Duration::from_secs(2),
        total: Duration::from_secs(5),
    })
}

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body)
            .into_owned()
            .collect()
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    hangs: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            hangs: false,
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string()).header("content-type", "application/json")
    }

    /// Never comes.
    pub(crate) fn hang() -> Self {
        Self {
            hangs: true,
            ..Self::new(200, "")
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A server that answers with its replies in turn, the last one again and again.
pub(crate) struct Receiver {
    pub(crate) base: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Receiver {
    pub(crate) async fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let replies: Vec<Reply> = replies.into_iter().collect();
        let log = Arc::clone(&seen);
        let app = Router::new().fallback(move |request: Request| answer(request, log, replies));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, seen }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The one request that there was.
    pub(crate) fn only(&self) -> Seen {
        let [seen] = self.seen().try_into().unwrap();
        seen
    }
}

async fn answer(request: Request, log: Arc<Mutex<Vec<Seen>>>, replies: Vec<Reply>) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.to_string();
    let count = {
        let mut log = log.lock().unwrap();
        log.push(Seen {
            method: parts.method,
            path,
            headers: parts.headers,
            body,
        });
        log.len()
    };
    let reply = replies[count.min(replies.len()) - 1].clone();
    if reply.hangs {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    Url::parse(&format!("http://{address}")).unwrap()
}

/// An address where every connection is closed as soon as something was said and this was answered.
pub(crate) async fn hangs_up(answer: &'static str) -> Url {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let _ = connection.read(&mut [0; 1024]).await;
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    Url::parse(&format!("http://{address}")).unwrap()
}
