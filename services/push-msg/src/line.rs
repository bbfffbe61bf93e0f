//! LINE, as a pusher needs it: with a token that may be exchanged under way.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use line_api::messaging::{Accepted, Error, Messaging, Quota, RetryKey};
use secrecy::{ExposeSecret as _, SecretString};
use service_kit::Timestamp;
use service_kit::secret::{self, SecretError};
use service_kit::tls::Trust;
use tokio::sync::{Mutex, RwLock};

use crate::Config;
use crate::store::Kind;

/// LINE is asked again after so long whether it takes the token now.
const KNOCK: Duration = Duration::from_mins(5);

const TOKEN: &str = "LINE_CHANNEL_ACCESS_TOKEN";

#[derive(Debug)]
pub(crate) struct Line {
    http: reqwest::Client,
    base: url::Url,
    /// Absent where the token itself is the setting: it cannot change.
    token_file: Option<PathBuf>,
    current: RwLock<(SecretString, Messaging)>,
    /// Since when LINE takes nothing from this channel, and why.
    refused: Mutex<Option<(Timestamp, String)>>,
    throttles: AtomicBool,
}

impl Line {
    pub(crate) fn new(config: &Config, trust: &Trust) -> Result<Self, SecretError> {
        let given = config.line_channel_access_token.as_ref();
        let file = config.line_channel_access_token_file.as_deref();
        let token = secret::required(TOKEN, given, file)?;
        let base = config.line_api_base.clone();
        let http = trust.at(&base, line_api::API_BASE).client(config.limits);
        let messaging = Messaging::new(http.clone(), base.clone(), token.clone());
        Ok(Self {
            http,
            base,
            token_file: file.filter(|_| given.is_none()).map(Into::into),
            current: RwLock::new((token, messaging)),
            refused: Mutex::default(),
            throttles: AtomicBool::new(false),
        })
    }

    /// Sends these very bytes under this key.
    pub(crate) async fn send(
        &self,
        kind: Kind,
        body: Bytes,
        key: RetryKey,
    ) -> Result<Accepted, Error> {
        let messaging = self.current.read().await.1.clone();
        let answer = match kind {
            Kind::Multicast => messaging.multicast_bytes(body, key).await,
            Kind::Push => messaging.push_bytes(body, key).await,
        };
        match answer {
            Ok(_) => self.throttles.store(false, Ordering::Relaxed),
            Err(Error::RateLimited(_)) => self.throttles.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
        answer
    }

    /// Whether LINE said that calls came too fast, and has accepted none since.
    pub(crate) fn throttles(&self) -> bool {
        self.throttles.load(Ordering::Relaxed)
    }

    /// The month's quota and how much of it is used, roughly; `None` if there is no limit.
    pub(crate) async fn quota(&self) -> Result<Option<(u64, u64)>, Error> {
        let messaging = self.current.read().await.1.clone();
        Ok(match messaging.quota().await? {
            Quota::None => None,
            Quota::Limited { value } => Some((value, messaging.consumption().await?)),
        })
    }

    /// LINE takes nothing from this channel, for this reason.
    pub(crate) async fn shut_out(&self, now: Timestamp, reason: String) {
        *self.refused.lock().await = Some((now, reason));
    }

    /// Why there is no use in trying yet, if so: LINE said no a moment ago, and there is no new token.
    pub(crate) async fn shut(&self, now: Timestamp) -> Option<String> {
        let mut refused = self.refused.lock().await;
        let (since, reason) = refused.clone()?;
        if now < since + KNOCK && now >= since && !self.renew_token().await {
            return Some(reason);
        }
        *refused = None;
        None
    }

    /// Reads the token's file again; says whether there is a new token to try.
    pub(crate) async fn renew_token(&self) -> bool {
        let Some(file) = &self.token_file else {
            return false;
        };
        let token = match secret::required(TOKEN, None, Some(file)) {
            Ok(token) => token,
            Err(error) => {
                tracing::warn!(%error, "the channel access token cannot be read again");
                return false;
            }
        };
        let mut current = self.current.write().await;
        if current.0.expose_secret() == token.expose_secret() {
            return false;
        }
        let messaging = Messaging::new(self.http.clone(), self.base.clone(), token.clone());
        *current = (token, messaging);
        tracing::info!("the channel access token was exchanged");
        true
    }
}
