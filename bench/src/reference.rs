//! The limit of the machine for this stack: what any webhook in it must do at least, and nothing more.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use line_api::signature::{ChannelSecrets, HEADER};
use secrecy::SecretString;
use tokio::net::TcpListener;

use crate::SECRET;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where events arrive.
    #[arg(long)]
    listen: SocketAddr,
}

/// The same runtime as the services': one thread for each core that the process may use.
#[tokio::main]
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let secrets = Arc::new(ChannelSecrets::parse(&SecretString::from(SECRET))?);
    let router = Router::new()
        .route("/callback", post(receive))
        .with_state(secrets);
    let listener = TcpListener::bind(options.listen).await?.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}

async fn receive(
    State(secrets): State<Arc<ChannelSecrets>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let signature = headers.get(HEADER).map(HeaderValue::as_bytes);
    if secrets
        .verify(signature.unwrap_or_default(), &body)
        .is_err()
    {
        return StatusCode::UNAUTHORIZED;
    }
    match serde_json::from_slice::<serde_json::Value>(&body) {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}
