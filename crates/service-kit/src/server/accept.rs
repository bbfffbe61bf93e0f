//! Accepting connections, and seeing them all off.

use std::io::{self, ErrorKind, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;

use super::connection;
use super::socket;
use super::stop::Stages;
use super::traffic::Traffic;
use crate::tls::Acceptor;

/// How long to wait when the system has no file descriptor or memory left, rather than spin.
const PAUSE: Duration = Duration::from_millis(50);
/// How often to say so.
const REMINDER: Duration = Duration::from_secs(1);

const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
    connection: close\r\ncontent-length: 0\r\n\r\n";

/// What the connections of one listener share.
pub(super) struct Door {
    pub(super) router: Router,
    pub(super) stages: Arc<Stages>,
    pub(super) traffic: Traffic,
    /// Where the listener speaks TLS.
    pub(super) tls: Option<Acceptor>,
}

impl Door {
    /// Serves until the stages say to finish; then finishes what runs, for `drain_limit` at most.
    pub(super) async fn serve(self, listener: TcpListener, drain_limit: Duration) {
        let connections = TaskTracker::new();
        let mut said: Option<Instant> = None;
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.stages.finishing.cancelled() => break,
            };
            match accepted {
                Ok((tcp, peer)) => self.admit(tcp, peer, &connections),
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    if said.is_none_or(|said| said.elapsed() >= REMINDER) {
                        tracing::warn!(%error, "cannot accept connections");
                        said = Some(Instant::now());
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        self.close(listener, &connections);

        connections.close();
        if timeout(drain_limit, connections.wait()).await.is_err() {
            tracing::warn!(
                connections = connections.len(),
                "some requests did not finish in time and were dropped"
            );
            self.stages.abandoned.cancel();
            connections.wait().await;
        }
    }

    /// The system has accepted connections on our behalf; to close the listener would reset them.
    fn close(&self, listener: TcpListener, connections: &TaskTracker) {
        let Ok(listener) = listener.into_std() else {
            return;
        };
        while let Ok((tcp, peer)) = listener.accept() {
            let tcp = tcp
                .set_nonblocking(true)
                .and_then(|()| TcpStream::from_std(tcp));
            if let Ok(tcp) = tcp {
                self.admit(tcp, peer, connections);
            }
        }
    }

    fn admit(&self, tcp: TcpStream, peer: SocketAddr, connections: &TaskTracker) {
        let Some(place) = self.traffic.admit() else {
            // Whoever expects TLS could not read it.
            if self.tls.is_none()
                && let Ok(mut tcp) = tcp.into_std()
            {
                let _ = tcp.write(TOO_MANY);
            }
            return;
        };
        let (router, stages) = (self.router.clone(), Arc::clone(&self.stages));
        let (traffic, tls) = (self.traffic.clone(), self.tls.clone());
        connections.spawn(async move {
            let _place = place;
            if let Some(socket) = socket::open(tcp, tls.as_ref(), &stages, &traffic).await {
                connection::run(socket, peer, router, stages, &traffic).await;
            }
        });
    }
}

/// Connections that ended before they were accepted are their clients' business.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}
