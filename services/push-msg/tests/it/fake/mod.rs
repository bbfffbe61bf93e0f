//! Stand-ins for LINE and for the members' API, which fail on demand.

mod body;
pub(crate) mod front;
pub(crate) mod line;
pub(crate) mod users;

use std::net::SocketAddr;

use axum::Router;

/// Serves until the test's runtime ends.
async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    addr
}
