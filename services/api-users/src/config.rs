use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use service_kit::database::DatabaseConfig;
use service_kit::server::StopConfig;
use service_kit::telemetry::TelemetryConfig;
use service_kit::tls::TlsConfig;
use service_kit::{Clock, Profile};

/// The settings of the members' API.
#[derive(Debug, Clone, Parser)]
#[command(name = "api-users", version, about = "The truth about members.")]
pub struct Config {
    /// Where callers reach it.
    #[arg(long, env, default_value = "0.0.0.0:8080")]
    pub listen_addr: SocketAddr,

    /// Where health and metrics are: never through an ingress.
    #[arg(long, env, default_value = "0.0.0.0:9080")]
    pub internal_addr: SocketAddr,

    /// The members' database.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// The file that lists who may vouch for callers: issuers, their keys and subjects.
    #[arg(long, env)]
    pub service_issuers: PathBuf,

    /// The name that callers' tokens must be made out to.
    #[arg(long, env, default_value = "api-users")]
    pub service_audience: String,

    /// How many requests an operator may make in a second, of each replica; twice as many at once.
    #[arg(long, env, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub operator_rate: u32,

    /// How careful to be: `production` refuses settings that weaken a guarantee.
    #[arg(long, env, value_enum, default_value_t)]
    pub profile: Profile,

    /// How it reports on itself.
    #[command(flatten)]
    pub telemetry: TelemetryConfig,

    /// How it is called over TLS.
    #[command(flatten)]
    pub tls: TlsConfig,

    /// How it stops.
    #[command(flatten)]
    pub stop: StopConfig,

    /// Where it asks for the time.
    #[arg(skip)]
    pub clock: Clock,
}
