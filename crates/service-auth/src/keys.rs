//! An issuer's keys, wherever they are kept.

use std::path::Path;
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use service_kit::{Clock, Timestamp, http_client};
use tokio::sync::Mutex;

use crate::Issuer;

/// Unknown key IDs cost one look-up in this time, however many come.
const REFRESH_INTERVAL: Duration = Duration::from_mins(1);
const JWKS_BYTES: usize = 256 * 1024;

/// An issuer's keys could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file of the issuer cannot be read.
    #[error("a key file cannot be read")]
    File(#[source] std::io::Error),
    /// What was read is no JWK set.
    #[error("the keys are not a JWK set")]
    Parse(#[source] serde_json::Error),
    /// Its certificate authority is no PEM certificate, or its address did not answer.
    #[error("the key address did not answer")]
    Http(#[source] reqwest::Error),
    /// Its answer was too long or broke off.
    #[error("the key address answered badly")]
    Read(#[source] http_client::ReadError),
}

/// The keys that were read last, and when.
#[derive(Debug, Default)]
pub(crate) struct KeyRing {
    read: Mutex<Option<(JwkSet, Timestamp)>>,
}

impl KeyRing {
    /// The issuer's key with this ID, or its only key if the token names none.
    pub(crate) async fn find(
        &self,
        issuer: &Issuer,
        kid: Option<&str>,
        clock: &Clock,
    ) -> Result<Option<Jwk>, KeysError> {
        let mut read = self.read.lock().await;
        let now = clock.now();
        let stale = match &*read {
            None => true,
            Some((keys, at)) => pick(keys, kid).is_none() && now.since(*at) >= REFRESH_INTERVAL,
        };
        if stale {
            *read = Some((fetch(issuer).await?, now));
        }
        Ok(read.as_ref().and_then(|(keys, _)| pick(keys, kid)).cloned())
    }
}

fn pick<'a>(keys: &'a JwkSet, kid: Option<&str>) -> Option<&'a Jwk> {
    match kid {
        Some(kid) => keys.find(kid),
        None => keys.keys.first().filter(|_| keys.keys.len() == 1),
    }
}

pub(crate) fn decoding_key(jwk: &Jwk) -> Option<DecodingKey> {
    DecodingKey::from_jwk(jwk).ok()
}

async fn fetch(issuer: &Issuer) -> Result<JwkSet, KeysError> {
    if let Some(keys) = &issuer.jwks {
        return Ok(keys.clone());
    }
    let text = match (&issuer.jwks_file, &issuer.jwks_url) {
        (Some(path), _) => read(path).await?,
        (None, Some(url)) => {
            let ca = match &issuer.ca_file {
                Some(path) => Some(read(path).await?),
                None => None,
            };
            let client =
                http_client::client_trusting(http_client::Limits::default(), ca.as_deref())
                    .map_err(KeysError::Http)?;
            let mut request = client.get(url.clone());
            if let Some(path) = &issuer.token_file {
                request = request.bearer_auth(String::from_utf8_lossy(&read(path).await?).trim());
            }
            let answer = http_client::send(request).await.map_err(KeysError::Http)?;
            let answer = answer
                .error_for_status()
                .map_err(|error| KeysError::Http(error.without_url()))?;
            http_client::read_bounded(answer, JWKS_BYTES)
                .await
                .map_err(KeysError::Read)?
                .to_vec()
        }
        (None, None) => return Ok(JwkSet { keys: Vec::new() }),
    };
    serde_json::from_slice(&text).map_err(KeysError::Parse)
}

async fn read(path: &Path) -> Result<Vec<u8>, KeysError> {
    tokio::fs::read(path).await.map_err(KeysError::File)
}
