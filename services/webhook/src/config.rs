use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use line_api::UserId;
use secrecy::SecretString;
use service_kit::database::DatabaseConfig;
use service_kit::server::StopConfig;
use service_kit::telemetry::TelemetryConfig;
use service_kit::tls::{TlsConfig, TrustConfig};
use service_kit::{Clock, Profile};
use url::Url;

use crate::bot::Language;

/// How long a membership is asked for before the bot says that something went wrong.
pub const LOOK_UP_LIMIT: Duration = Duration::from_secs(5);

/// Takes LINE's events, and acts on each once.
#[derive(Debug, Clone, Parser)]
#[command(name = "webhook", version)]
pub struct Config {
    /// Where LINE's events arrive.
    #[arg(long, env, default_value = "0.0.0.0:8000")]
    pub listen_addr: SocketAddr,

    /// Where health and metrics are; never public.
    #[arg(long, env, default_value = "0.0.0.0:9000")]
    pub internal_addr: SocketAddr,

    /// The inbox.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// The channel secret that signs LINE's requests; several, separated by commas, while it is being replaced.
    #[arg(long, env, value_parser = service_kit::secret::parse, hide_env_values = true)]
    pub line_channel_secret: Option<SecretString>,

    /// A file that holds the channel secret.
    #[arg(long, env)]
    pub line_channel_secret_file: Option<PathBuf>,

    /// The channel access token that the bot answers with.
    #[arg(long, env, value_parser = service_kit::secret::parse, hide_env_values = true)]
    pub line_channel_access_token: Option<SecretString>,

    /// A file that holds the channel access token.
    #[arg(long, env)]
    pub line_channel_access_token_file: Option<PathBuf>,

    /// The bot's own user ID. If set, events for another bot are kept aside instead of acted on.
    #[arg(long, env, value_parser = user_id)]
    pub bot_user_id: Option<UserId>,

    /// Where people become members; the bot's texts show it as it stands here, and with the reader's language where that is
    /// known (`?lang=ja`).
    #[arg(long, env)]
    pub website_link: String,

    /// What the bot speaks to people whose language nobody knows: zh-TW, ja, th or en.
    #[arg(long, env, default_value_t)]
    pub bot_language: Language,

    /// Push an answer for which the reply token came too late. It counts against the channel's quota.
    #[arg(long, env)]
    pub bot_push_fallback: bool,

    /// What people take back who write STOP: the purposes of consents, separated by commas.
    #[arg(long, env, value_delimiter = ',', value_parser = purpose, default_value = "news")]
    pub bot_opt_out_consents: Vec<String>,

    /// The Messaging API.
    #[arg(long, env, default_value = line_api::API_BASE)]
    pub line_api_base: Url,

    /// The members' API.
    #[arg(long, env)]
    pub users_api: Url,

    /// The token to call the members' API with; read again as it rotates.
    #[arg(long, env)]
    pub service_token_file: PathBuf,

    /// How careful to be about these settings.
    #[arg(long, env, value_enum, default_value_t = Profile::Production)]
    pub profile: Profile,

    /// Logs.
    #[command(flatten)]
    pub telemetry: TelemetryConfig,

    /// How it is called over TLS.
    #[command(flatten)]
    pub tls: TlsConfig,

    /// Whom it believes when it calls others.
    #[command(flatten)]
    pub trust: TrustConfig,

    /// How it stops.
    #[command(flatten)]
    pub stop: StopConfig,

    /// Where the time comes from.
    #[arg(skip)]
    pub clock: Clock,

    /// How long a membership is asked for.
    #[arg(skip = LOOK_UP_LIMIT)]
    pub look_up_limit: Duration,
}

fn user_id(raw: &str) -> Result<UserId, line_api::InvalidId> {
    UserId::parse(raw)
}

fn purpose(raw: &str) -> Result<String, &'static str> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (1..=40).contains(&raw.len()) && raw.bytes().all(plain) {
        Ok(raw.to_owned())
    } else {
        Err("a purpose has 1 to 40 of a-z, 0-9 and -")
    }
}
