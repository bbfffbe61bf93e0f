//! Outbound calls with sane limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response, redirect};

/// How long an outbound call may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until the whole answer is there.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            total: Duration::from_secs(10),
        }
    }
}

/// A client that follows no redirect (a secret would travel with it), obeys no proxy of the environment and
/// gives up in time.
///
/// # Panics
///
/// Never in practice: building fails only where the TLS backend cannot start.
pub fn client(limits: Limits) -> Client {
    client_trusting(limits, None).expect("the TLS backend starts")
}

/// Such a client that believes only the certificate authorities in `ca`, a PEM bundle, if one is given.
///
/// # Errors
///
/// If the bundle holds no certificate that can be read.
pub fn client_trusting(limits: Limits, ca: Option<&[u8]>) -> Result<Client, reqwest::Error> {
    let mut builder = builder(limits);
    if let Some(bundle) = ca {
        builder = builder.tls_certs_only(Certificate::from_pem_bundle(bundle)?);
    }
    builder.build()
}

/// Such a client that believes these authorities beside the system's.
pub(crate) fn client_beside(
    limits: Limits,
    more: &[Certificate],
) -> Result<Client, reqwest::Error> {
    builder(limits)
        .tls_certs_merge(more.iter().cloned())
        .build()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the builder that everybody else uses"
)]
fn builder(limits: Limits) -> ClientBuilder {
    Client::builder()
        .connect_timeout(limits.connect)
        .timeout(limits.total)
        // Shorter than our servers keep an idle connection: a request sent into a closing one has no known end.
        .pool_idle_timeout(Duration::from_secs(4))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("kaiin/", env!("CARGO_PKG_VERSION")))
}

/// Sends, and takes the address out of the error: it may name a person.
pub async fn send(request: RequestBuilder) -> Result<Response, reqwest::Error> {
    request.send().await.map_err(reqwest::Error::without_url)
}

/// Why an answer could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is longer than the caller is willing to hold.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The connection broke or timed out half-way.
    #[error("the answer broke off")]
    Transport(#[source] reqwest::Error),
}

/// Reads an answer's body, of `limit` bytes at most.
pub async fn read_bounded(response: Response, limit: usize) -> Result<Bytes, ReadError> {
    let mut body = BytesMut::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| ReadError::Transport(error.without_url()))?;
        if body.len() + chunk.len() > limit {
            return Err(ReadError::TooLong(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
