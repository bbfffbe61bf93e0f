use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use reqwest::Client;
use serde::Deserialize;
use service_kit::{Clock, Timestamp};
use tokio::sync::Mutex;
use url::Url;

use super::error::{InvalidIdToken, LoginError, Outage};
use super::relay;
use crate::wire;

/// However many tokens name unknown keys, LINE is asked once in this time.
const MIN_INTERVAL: Duration = Duration::from_mins(1);
/// A key that LINE withdrew is trusted no longer than this.
const MAX_AGE: Duration = Duration::from_hours(1);

/// The keys that LINE publishes for ES256 ID tokens, fetched when needed. Clones share what they know.
#[derive(Debug, Clone)]
pub struct Jwks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: Client,
    address: Url,
    clock: Clock,
    known: RwLock<Option<Known>>,
    /// When LINE was last asked, whatever came of it. Held while asking, so that one asks for all.
    asked: Mutex<Option<Timestamp>>,
}

type Keys = Arc<HashMap<String, DecodingKey>>;

#[derive(Debug)]
struct Known {
    keys: Keys,
    since: Timestamp,
}

impl Jwks {
    /// The keys at [`crate::API_BASE`] or at a simulator.
    pub fn new(http: Client, api: &Url, clock: Clock) -> Self {
        let address = wire::address(api, &["oauth2/v2.1/certs"]);
        let (known, asked) = (RwLock::default(), Mutex::default());
        Self(Arc::new(Inner {
            http,
            address,
            clock,
            known,
            asked,
        }))
    }

    /// The key of this ID. A token that names none is taken only if there is just one key.
    pub(super) async fn find(&self, kid: Option<&str>) -> Result<DecodingKey, LoginError> {
        if let Some(key) = self.known().and_then(|keys| pick(&keys, kid)) {
            return Ok(key);
        }
        let mut asked = self.0.asked.lock().await;
        let now = self.0.clock.now();
        if !asked.is_some_and(|asked| asked <= now && now.since(asked) < MIN_INTERVAL) {
            *asked = Some(now);
            let keys = Arc::new(self.fetch().await?);
            let known = Known { keys, since: now };
            *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        }
        // Either just fetched, or fetched by someone else while this one waited for the lock.
        let keys = self
            .known()
            .ok_or(LoginError::Unavailable(Outage::TooSoon))?;
        pick(&keys, kid).ok_or(InvalidIdToken::UnknownKey.into())
    }

    /// The keys, unless they are too old to be trusted.
    fn known(&self) -> Option<Keys> {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref()?;
        (self.0.clock.now().since(known.since) < MAX_AGE).then(|| Arc::clone(&known.keys))
    }

    async fn fetch(&self) -> Result<HashMap<String, DecodingKey>, LoginError> {
        let (_, body) = relay::call("certs", self.0.http.get(self.0.address.clone())).await?;
        let set: Set = serde_json::from_slice(&body)
            .map_err(|_| LoginError::Unexpected("a key set that cannot be read"))?;
        Ok(set.keys.into_iter().filter_map(usable).collect())
    }
}

fn pick(keys: &Keys, kid: Option<&str>) -> Option<DecodingKey> {
    match kid {
        Some(kid) => keys.get(kid).cloned(),
        None if keys.len() == 1 => keys.values().next().cloned(),
        None => None,
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Key {
    kid: String,
    kty: String,
    crv: String,
    x: String,
    y: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
}

/// A P-256 key for signatures. The set holds others, RSA keys among them; they are passed over.
fn usable(key: serde_json::Value) -> Option<(String, DecodingKey)> {
    let key: Key = serde_json::from_value(key).ok()?;
    let fits = key.kty == "EC"
        && key.crv == "P-256"
        && key.alg.is_none_or(|alg| alg == "ES256")
        && key.purpose.is_none_or(|purpose| purpose == "sig");
    let decoded = DecodingKey::from_ec_components(&key.x, &key.y).ok()?;
    fits.then_some((key.kid, decoded))
}
