use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use reqwest::Client;
use service_kit::http_client::{self, Limits};
use tokio::net::TcpListener;

/// The ingress, and what a cluster's services are: every request goes to the next replica, also those of one
/// connection.
pub(super) struct RoundRobin {
    /// Its address, as an origin.
    pub(super) base: String,
    listener: Mutex<Option<TcpListener>>,
    servers: Arc<Turns>,
    clients: Arc<Turns>,
}

/// The replicas of one part, and how many requests each served.
#[derive(Default)]
struct Turns {
    next: AtomicUsize,
    served: [AtomicUsize; 2],
}

#[derive(Clone)]
struct Routes {
    http: Client,
    servers: (Arc<Turns>, Arc<Vec<String>>),
    clients: (Arc<Turns>, Arc<Vec<String>>),
}

impl RoundRobin {
    /// Has an address, and does not serve yet.
    pub(super) async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            base: format!("http://{}", listener.local_addr().unwrap()),
            listener: Mutex::new(Some(listener)),
            servers: Arc::default(),
            clients: Arc::default(),
        }
    }

    /// Serves by these replicas of register-server and of register-client.
    pub(super) fn serve(&self, servers: Vec<String>, clients: Vec<String>) {
        let routes = Routes {
            http: http_client::client(Limits::default()),
            servers: (Arc::clone(&self.servers), Arc::new(servers)),
            clients: (Arc::clone(&self.clients), Arc::new(clients)),
        };
        let listener = self.listener.lock().unwrap().take().unwrap();
        let app = Router::new().fallback(forward).with_state(routes);
        tokio::spawn(async move { axum::serve(listener, app).await });
    }

    /// How many requests each register-server and each register-client served.
    pub(super) fn served(&self) -> ([usize; 2], [usize; 2]) {
        (self.servers.counts(), self.clients.counts())
    }
}

impl Turns {
    fn counts(&self) -> [usize; 2] {
        self.served
            .each_ref()
            .map(|served| served.load(Ordering::SeqCst))
    }

    fn take(&self) -> usize {
        let turn = self.next.fetch_add(1, Ordering::SeqCst) % 2;
        self.served[turn].fetch_add(1, Ordering::SeqCst);
        turn
    }
}

async fn forward(State(routes): State<Routes>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let is_servers =
        path.starts_with("/auth/") || path == "/member" || path.starts_with("/member/");
    let (turns, replicas) = if is_servers {
        routes.servers
    } else {
        routes.clients
    };
    let replica = &replicas[turns.take()];
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let request = routes
        .http
        .request(parts.method, format!("http://{replica}{}", parts.uri))
        .headers(parts.headers)
        .body(body);
    let answer = http_client::send(request).await.unwrap();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    let body = http_client::read_bounded(answer, 1 << 20).await.unwrap();
    *response.body_mut() = Body::from(body);
    response
}
