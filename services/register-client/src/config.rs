use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use service_kit::server::StopConfig;
use service_kit::telemetry::TelemetryConfig;
use service_kit::tls::{TlsConfig, TrustConfig};
use service_kit::{Clock, Profile};
use url::Url;

/// The settings of register-client, from flags or the environment.
#[derive(Debug, Clone, Parser)]
#[command(version, about = "The registration website that people see")]
pub struct Config {
    /// Where browsers reach it, through the ingress.
    #[arg(long, env, default_value = "0.0.0.0:8002")]
    pub listen_addr: SocketAddr,

    /// Where health and metrics are.
    #[arg(long, env, default_value = "0.0.0.0:9002")]
    pub internal_addr: SocketAddr,

    /// The base URL of register-server, which knows who the visitor is.
    #[arg(long, env)]
    pub register_server: Url,

    /// The origin that browsers see, without a path. It must be https in production.
    #[arg(long, env)]
    pub public_url: Url,

    /// A YAML file with the name, colours, time zone and chat link of whoever runs this; Kaiin's own without it.
    #[arg(long, env)]
    pub brand: Option<PathBuf>,

    /// A YAML file with what membership asks for and offers; Kaiin's own without it. register-server is given the same.
    #[arg(long, env)]
    pub membership: Option<PathBuf>,

    /// How careful to be about these settings.
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

    /// The time; not a setting.
    #[arg(skip)]
    pub clock: Clock,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_setting_has_a_flag_and_the_variable_of_its_name() {
        let mut command = Config::command();
        command.build();
        for setting in [
            "LISTEN_ADDR",
            "INTERNAL_ADDR",
            "REGISTER_SERVER",
            "PUBLIC_URL",
            "BRAND",
            "MEMBERSHIP",
            "PROFILE",
            "SHUTDOWN_DELAY",
            "TLS_CERT",
            "TLS_KEY",
            "TLS_CA",
            "LOG_FORMAT",
            "RUST_LOG",
        ] {
            let flag = setting.to_lowercase().replace('_', "-");
            let argument = command
                .get_arguments()
                .find(|argument| argument.get_long() == Some(&flag));
            let variable = argument.and_then(|argument| argument.get_env());
            assert_eq!(variable, Some(setting.as_ref()), "--{flag}");
        }
    }
}
