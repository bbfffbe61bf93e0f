use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use reqwest::Client;
use service_kit::http_client::{self, Limits};
use tokio::net::TcpListener;
use url::Url;

/// A proxy that sends each request to the next replica, also those of one connection: nobody sticks to any.
pub(crate) struct RoundRobin {
    pub(crate) base: Url,
    served: Arc<Vec<AtomicUsize>>,
}

#[derive(Clone)]
struct Turns {
    http: Client,
    replicas: Arc<Vec<Url>>,
    served: Arc<Vec<AtomicUsize>>,
    next: Arc<AtomicUsize>,
}

impl RoundRobin {
    /// Before these replicas; `first` of them gets the first request.
    pub(crate) async fn before(replicas: Vec<Url>, first: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let served = Arc::new(replicas.iter().map(|_| AtomicUsize::new(0)).collect());
        let turns = Turns {
            http: http_client::client(Limits::default()),
            replicas: Arc::new(replicas),
            served: Arc::clone(&served),
            next: Arc::new(first.into()),
        };
        let router = Router::new().fallback(forward).with_state(turns);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            base: Url::parse(&base).unwrap(),
            served,
        }
    }

    /// How many requests each replica served.
    pub(crate) fn served(&self) -> Vec<usize> {
        let counts = self.served.iter();
        counts.map(|count| count.load(Ordering::SeqCst)).collect()
    }
}

async fn forward(State(turns): State<Turns>, request: Request) -> Response {
    let turn = turns.next.fetch_add(1, Ordering::SeqCst) % turns.replicas.len();
    turns.served[turn].fetch_add(1, Ordering::SeqCst);
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().unwrap().as_str();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let request = turns
        .http
        .request(parts.method, turns.replicas[turn].join(path).unwrap())
        .headers(parts.headers)
        .body(body);
    let answer = http_client::send(request).await.unwrap();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = Body::from_stream(answer.bytes_stream());
    response
}
