//! Settings, and the credentials that come of them.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Parser;
use secrecy::{ExposeSecret as _, SecretString};
use service_kit::secret::{self, SecretError};
use service_kit::telemetry::TelemetryConfig;
use service_kit::{Clock, Profile, public_url};
use url::Url;

use crate::ids;

const CHANNEL_ID: &str = "2000000001";
const LOGIN_CHANNEL_ID: &str = "2000000002";
const BOT_NAME: &str = "Kaiin";
const MONTHLY_QUOTA: u64 = 5000;

/// What the simulated LINE is made of. What is absent is made up at start.
#[derive(Debug, Clone, Parser)]
#[command(name = "simulator", about = "LINE on loopback", version)]
pub struct Config {
    /// Where LINE's paths, the control API and the page listen.
    #[arg(long, env, default_value = "127.0.0.1:8900")]
    pub listen_addr: SocketAddr,

    /// The origin under which browsers reach it, where that is not the address it listens on.
    #[arg(long, env)]
    pub public_url: Option<Url>,

    /// The Messaging API channel's ID: digits.
    #[arg(long, env, default_value = CHANNEL_ID)]
    pub line_channel_id: String,

    /// The Messaging API channel's secret, which signs webhooks.
    #[arg(long, env, value_parser = service_kit::secret::parse, hide_env_values = true)]
    pub line_channel_secret: Option<SecretString>,

    /// A file that holds the Messaging API channel's secret.
    #[arg(long, env)]
    pub line_channel_secret_file: Option<PathBuf>,

    /// The Messaging API channel's long-lived access token.
    #[arg(long, env, value_parser = service_kit::secret::parse, hide_env_values = true)]
    pub line_channel_access_token: Option<SecretString>,

    /// A file that holds the channel access token.
    #[arg(long, env)]
    pub line_channel_access_token_file: Option<PathBuf>,

    /// The bot's user ID, the `destination` of webhooks.
    #[arg(long, env)]
    pub bot_user_id: Option<String>,

    /// The bot's name in the chat.
    #[arg(long, env, default_value = BOT_NAME)]
    pub bot_display_name: String,

    /// The LINE Login channel's ID: digits.
    #[arg(long, env, default_value = LOGIN_CHANNEL_ID)]
    pub line_login_channel_id: String,

    /// The LINE Login channel's secret, which signs ID tokens of web logins.
    #[arg(long, env, value_parser = service_kit::secret::parse, hide_env_values = true)]
    pub line_login_channel_secret: Option<SecretString>,

    /// A file that holds the LINE Login channel's secret.
    #[arg(long, env)]
    pub line_login_channel_secret_file: Option<PathBuf>,

    /// Callback URLs registered at the login channel, exactly as they will be asked for.
    #[arg(long, env, value_delimiter = ',')]
    pub callback_urls: Vec<String>,

    /// Where webhooks go. Without it, nothing is delivered until it is set.
    #[arg(long, env)]
    pub webhook_url: Option<String>,

    /// Messages per calendar month (UTC+9), counted per recipient.
    #[arg(long, env, default_value_t = MONTHLY_QUOTA)]
    pub monthly_quota: u64,

    /// How the simulator reports on itself.
    #[command(flatten)]
    pub telemetry: TelemetryConfig,

    /// Where the time comes from.
    #[arg(skip)]
    pub clock: Clock,
}

impl Config {
    /// A simulator for a test: a free port of 127.0.0.1, credentials of its own.
    pub fn ephemeral() -> Self {
        Self {
            listen_addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            line_channel_id: CHANNEL_ID.into(),
            line_channel_secret: None,
            line_channel_secret_file: None,
            line_channel_access_token: None,
            line_channel_access_token_file: None,
            bot_user_id: None,
            bot_display_name: BOT_NAME.into(),
            line_login_channel_id: LOGIN_CHANNEL_ID.into(),
            line_login_channel_secret: None,
            line_login_channel_secret_file: None,
            callback_urls: Vec::new(),
            webhook_url: None,
            monthly_quota: MONTHLY_QUOTA,
            telemetry: TelemetryConfig::default(),
            clock: Clock::system(),
        }
    }

    /// What is given, and for the rest something made up.
    pub(crate) fn credentials(&self) -> Result<Credentials, SecretError> {
        Ok(Credentials {
            channel_id: self.line_channel_id.clone(),
            channel_secret: given(
                "LINE_CHANNEL_SECRET",
                self.line_channel_secret.as_ref(),
                self.line_channel_secret_file.as_deref(),
            )?
            .unwrap_or_else(|| ids::hex(16)),
            channel_access_token: given(
                "LINE_CHANNEL_ACCESS_TOKEN",
                self.line_channel_access_token.as_ref(),
                self.line_channel_access_token_file.as_deref(),
            )?
            .unwrap_or_else(|| ids::token(128)),
            bot_user_id: self.bot_user_id.clone().unwrap_or_else(ids::user),
            login_channel_id: self.line_login_channel_id.clone(),
            login_channel_secret: given(
                "LINE_LOGIN_CHANNEL_SECRET",
                self.line_login_channel_secret.as_ref(),
                self.line_login_channel_secret_file.as_deref(),
            )?
            .unwrap_or_else(|| ids::hex(16)),
        })
    }

    /// Its own origin as browsers see it, if it listens here.
    pub(crate) fn origin(&self, addr: SocketAddr) -> anyhow::Result<String> {
        match &self.public_url {
            Some(url) => Ok(public_url::origin(url, Profile::Dev)?),
            None => Ok(format!("http://{addr}")),
        }
    }
}

/// A secret that may be left open.
fn given(
    name: &'static str,
    value: Option<&SecretString>,
    file: Option<&Path>,
) -> Result<Option<String>, SecretError> {
    match (value, file) {
        (Some(value), _) => Ok(Some(value.expose_secret().to_owned())),
        (None, Some(_)) => {
            let secret = secret::required(name, None, file)?;
            Ok(Some(secret.expose_secret().to_owned()))
        }
        (None, None) => Ok(None),
    }
}

/// What a bot and a website need to talk to this LINE.
#[derive(Clone)]
pub struct Credentials {
    /// The Messaging API channel's ID.
    pub channel_id: String,
    /// Signs webhooks; used as UTF-8 text.
    pub channel_secret: String,
    /// The bearer token of the Messaging API.
    pub channel_access_token: String,
    /// The bot's user ID.
    pub bot_user_id: String,
    /// `client_id` of LINE Login.
    pub login_channel_id: String,
    /// `client_secret` of LINE Login, and the HS256 key of its ID tokens.
    pub login_channel_secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("channel_id", &self.channel_id)
            .field("login_channel_id", &self.login_channel_id)
            .finish_non_exhaustive()
    }
}
