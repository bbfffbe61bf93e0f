//! An issuer's keys, wherever they are kept.

use std::path::Path;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use service_kit::{Clock, Timestamp, http_client};
use tokio::sync::{Mutex, MutexGuard};

use crate::Issuer;

/// Unknown key IDs cost one look in this time, however many come.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
/// While no key is known at all, a look that failed is repeated sooner.
const LOOK_AGAIN_SOON: Duration = Duration::from_secs(1);
/// Keys are read anew when they are this old: one that was withdrawn or replaced is believed no longer.
const FRESH: Duration = Duration::from_mins(5);
/// A caller waits for this.
const LIMITS: http_client::Limits = http_client::Limits {
    connect: Duration::from_secs(1),
    total: Duration::from_secs(3),
};
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
    /// They were looked for a moment ago, in vain.
    #[error("there are no keys yet")]
    NoneYet,
}

/// The keys that were read last.
#[derive(Debug, Default)]
pub(crate) struct KeyRing {
    known: RwLock<Option<Known>>,
    /// When somebody last went to look. Held while looking: one looks, the others wait for what it finds.
    looked_at: Mutex<Option<Timestamp>>,
}

#[derive(Debug)]
struct Known {
    keys: JwkSet,
    read_at: Timestamp,
}

impl KeyRing {
    /// The issuer's key with this ID, or its only key if the token names none.
    pub(crate) async fn find(
        &self,
        issuer: &Issuer,
        kid: Option<&str>,
        clock: &Clock,
    ) -> Result<Option<Jwk>, KeysError> {
        let now = clock.now();
        if let Some(key) = self.pick(kid, now, FRESH) {
            return Ok(Some(key));
        }
        // Better a key of a while ago than none or a wait, while its home is away.
        let older = self.pick(kid, now, Duration::MAX);
        let looked = match (self.looked_at.try_lock(), &older) {
            (Ok(looked_at), _) => self.look(looked_at, issuer, now).await,
            (Err(_), Some(_)) => return Ok(older),
            (Err(_), None) => self.look(self.looked_at.lock().await, issuer, now).await,
        };
        match looked {
            // Whoever looked in vain may have come while another found them.
            Err(failure) if !self.knows_any() => Err(failure),
            Ok(()) | Err(_) => Ok(self.pick(kid, now, Duration::MAX)),
        }
    }

    /// Reads the keys anew, unless somebody tried to a moment ago.
    async fn look(
        &self,
        mut looked_at: MutexGuard<'_, Option<Timestamp>>,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<(), KeysError> {
        let pause = if self.knows_any() {
            LOOK_AGAIN
        } else {
            LOOK_AGAIN_SOON
        };
        if looked_at.is_some_and(|looked_at| now.since(looked_at) < pause) {
            return Err(KeysError::NoneYet);
        }
        // Noted before, so that a look that fails or hangs counts as well.
        *looked_at = Some(now);
        let keys = fetch(issuer).await?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) =
            Some(Known { keys, read_at: now });
        Ok(())
    }

    fn knows_any(&self) -> bool {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// The key, if the keys that are known are younger than this.
    fn pick(&self, kid: Option<&str>, now: Timestamp, age: Duration) -> Option<Jwk> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let keys = &known
            .as_ref()
            .filter(|known| now.since(known.read_at) < age)?
            .keys;
        let key = match kid {
            Some(kid) => keys.find(kid),
            None => keys.keys.first().filter(|_| keys.keys.len() == 1),
        };
        key.cloned()
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
                http_client::client_trusting(LIMITS, ca.as_deref()).map_err(KeysError::Http)?;
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
