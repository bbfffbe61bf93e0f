//! LINE, as a pusher needs it: paced, and with a token that may be exchanged under way.

use std::path::PathBuf;

use line_api::messaging::{Accepted, Error, Messaging, Quota, RetryKey};
use secrecy::{ExposeSecret as _, SecretString};
use service_kit::http_client::{self, Limits};
use service_kit::secret::{self, SecretError};
use tokio::sync::RwLock;

use crate::Config;
use crate::pace::Pace;

const TOKEN: &str = "LINE_CHANNEL_ACCESS_TOKEN";

#[derive(Debug)]
pub(crate) struct Line {
    http: reqwest::Client,
    base: url::Url,
    /// Absent where the token itself is the setting: it cannot change.
    token_file: Option<PathBuf>,
    current: RwLock<(SecretString, Messaging)>,
    pace: Pace,
}

impl Line {
    pub(crate) fn new(config: &Config) -> Result<Self, SecretError> {
        let given = config.line_channel_access_token.as_ref();
        let file = config.line_channel_access_token_file.as_deref();
        let token = secret::required(TOKEN, given, file)?;
        let http = http_client::client(Limits::default());
        let base = config.line_api_base.clone();
        let messaging = Messaging::new(http.clone(), base.clone(), token.clone());
        Ok(Self {
            http,
            base,
            token_file: file.filter(|_| given.is_none()).map(Into::into),
            current: RwLock::new((token, messaging)),
            pace: Pace::default(),
        })
    }

    /// Sends these very bytes under this key.
    pub(crate) async fn multicast(&self, body: &[u8], key: RetryKey) -> Result<Accepted, Error> {
        self.pace.turn().await;
        let messaging = self.current.read().await.1.clone();
        messaging.multicast_bytes(body.to_vec().into(), key).await
    }

    /// How many messages are left of the month's quota; `None` if there is no limit.
    pub(crate) async fn quota_left(&self) -> Result<Option<u64>, Error> {
        let messaging = self.current.read().await.1.clone();
        Ok(match messaging.quota().await? {
            Quota::None => None,
            Quota::Limited { value } => Some(value.saturating_sub(messaging.consumption().await?)),
        })
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
