use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;
use service_kit::database::DatabaseConfig;
use service_kit::http_client::Limits;
use service_kit::telemetry::TelemetryConfig;
use service_kit::tls::TrustConfig;
use service_kit::{Clock, Profile};
use url::Url;

use crate::backoff::Backoff;

/// What `run` and `serve` need to know.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// The folder of campaign documents (*.yaml, *.yml). Read again at every run.
    #[arg(long, env)]
    pub campaigns: PathBuf,

    /// The ledger.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// Base URL of the members' API.
    #[arg(long, env)]
    pub users_api: Url,

    /// File with the token for the members' API; read again as it rotates.
    #[arg(long, env)]
    pub service_token_file: PathBuf,

    /// Channel access token of the Messaging API channel.
    #[arg(long, env, value_parser = service_kit::secret::parse, hide_env_values = true)]
    pub line_channel_access_token: Option<SecretString>,

    /// File with the channel access token; read again when LINE refuses the token.
    #[arg(long, env)]
    pub line_channel_access_token_file: Option<PathBuf>,

    /// Where LINE serves the Messaging API.
    #[arg(long, env, default_value = line_api::API_BASE)]
    pub line_api_base: Url,

    /// Where health and metrics are served (`serve` only).
    #[arg(long, env, default_value = "0.0.0.0:9003")]
    pub internal_addr: SocketAddr,

    /// How careful to be: production takes LINE over https only.
    #[arg(long, env, value_enum, default_value_t)]
    pub profile: Profile,

    /// How the service reports on itself.
    #[command(flatten)]
    pub telemetry: TelemetryConfig,

    /// Whom it believes when it calls others.
    #[command(flatten)]
    pub trust: TrustConfig,

    /// How many seconds an occurrence is taken for: so long nobody else goes on with it after a pusher died.
    #[arg(long, env = "PUSH_LEASE", hide = true, default_value = "30", value_parser = seconds)]
    pub lease: Duration,

    /// How long to wait before a call is repeated.
    #[arg(skip)]
    pub backoff: Backoff,

    /// How long a call of LINE or of the members' API may take.
    #[arg(skip)]
    pub limits: Limits,

    /// Where the time comes from.
    #[arg(skip)]
    pub clock: Clock,
}

fn seconds(raw: &str) -> Result<Duration, String> {
    let seconds = raw.parse().map_err(|_| "not a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|why| why.to_string())
}
