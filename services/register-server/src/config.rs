use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use ipnet::IpNet;
use secrecy::SecretString;
use service_kit::database::DatabaseConfig;
use service_kit::public_url::{self, PublicUrlError};
use service_kit::secret::{self, SecretError};
use service_kit::server::StopConfig;
use service_kit::telemetry::TelemetryConfig;
use service_kit::tls::{TlsConfig, TrustConfig};
use service_kit::{Clock, Profile};
use url::Url;

/// This machine, and networks that nobody on the internet has an address of.
const DEFAULT_PROXIES: &str =
    "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,fe80::/10";

/// How many times a minute one address may begin to sign in.
pub const DEFAULT_SIGN_INS: u32 = 10;

/// The settings of register-server, from flags or the environment.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "register-server",
    about = "Proves who a visitor is, and submits and changes their membership",
    version
)]
pub struct Config {
    /// Where browsers and register-client reach it.
    #[arg(long, env, default_value = "0.0.0.0:8001")]
    pub listen_addr: SocketAddr,

    /// Where `/livez`, `/readyz` and `/metrics` are.
    #[arg(long, env, default_value = "0.0.0.0:9001")]
    pub internal_addr: SocketAddr,

    /// The store of logins and sessions.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// The website's origin as browsers see it, such as `https://member.example.com`. LINE must know
    /// `{PUBLIC_URL}/auth/callback` as a callback URL.
    #[arg(long, env)]
    pub public_url: Url,

    /// The LINE Login channel's ID.
    #[arg(long, env)]
    pub line_login_channel_id: String,

    /// The LINE Login channel's secret.
    #[arg(long, env, value_parser = secret::parse, hide_env_values = true)]
    pub line_login_channel_secret: Option<SecretString>,

    /// A file that holds the LINE Login channel's secret.
    #[arg(long, env)]
    pub line_login_channel_secret_file: Option<PathBuf>,

    /// Where LINE's API is.
    #[arg(long, env, default_value = line_api::API_BASE)]
    pub line_api_base: Url,

    /// Where LINE's login page is.
    #[arg(long, env, default_value = line_api::ACCESS_BASE)]
    pub line_access_base: Url,

    /// Where api-users is.
    #[arg(long, env)]
    pub users_api: Url,

    /// The file with this service's token for api-users; read again as it rotates.
    #[arg(long, env)]
    pub service_token_file: PathBuf,

    /// A YAML file with what membership asks for and offers; Kaiin's own without it. register-client is given the same.
    #[arg(long, env)]
    pub membership: Option<PathBuf>,

    /// The networks of the proxies in front of it: their `X-Forwarded-For` says who a visitor is. Whoever is in none of
    /// them is a visitor.
    #[arg(long, env, value_delimiter = ',', default_value = DEFAULT_PROXIES)]
    pub trusted_proxies: Vec<IpNet>,

    /// How many times a minute one address may begin to sign in, in browsers not seen before; twice as many at once. A
    /// browser that was seen has as many for itself.
    #[arg(long, env, default_value_t = DEFAULT_SIGN_INS, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub sign_ins_per_minute: u32,

    /// How careful to be about the other settings.
    #[arg(long, env, value_enum, default_value_t)]
    pub profile: Profile,

    /// How it reports on itself.
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
}

/// A setting that cannot work. Names the setting, never a secret's value.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The website's address is of no use.
    #[error(transparent)]
    PublicUrl(#[from] PublicUrlError),
    /// Production is not meant to send secrets in clear.
    #[error("{0} must be https in the production profile")]
    NotHttps(&'static str),
    /// The channel secret is of no use.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl Config {
    /// The proxies that are believed unless it is told otherwise.
    pub fn default_proxies() -> Vec<IpNet> {
        DEFAULT_PROXIES
            .split(',')
            .filter_map(|network| network.parse().ok())
            .collect()
    }

    /// The website's origin, as browsers write it in `Origin`.
    pub(crate) fn origin(&self) -> Result<String, ConfigError> {
        let origin = public_url::origin(&self.public_url, self.profile)?;
        if self.profile == Profile::Production {
            for (name, url) in [
                ("LINE_API_BASE", &self.line_api_base),
                ("LINE_ACCESS_BASE", &self.line_access_base),
            ] {
                if url.scheme() != "https" {
                    return Err(ConfigError::NotHttps(name));
                }
            }
        }
        Ok(origin)
    }

    /// The login channel's secret.
    pub(crate) fn channel_secret(&self) -> Result<SecretString, ConfigError> {
        Ok(secret::required(
            "LINE_LOGIN_CHANNEL_SECRET",
            self.line_login_channel_secret.as_ref(),
            self.line_login_channel_secret_file.as_deref(),
        )?)
    }
}
