//! Logs.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// How a service reports on itself.
#[derive(Debug, Clone, clap::Args)]
pub struct TelemetryConfig {
    /// How log lines look.
    #[arg(long, env, value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// Which log lines appear: a level, or `target=level` pairs.
    #[arg(long, env, default_value = "info")]
    pub rust_log: String,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            log_format: LogFormat::default(),
            rust_log: "info".into(),
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// For people at a terminal.
    #[default]
    Pretty,
    /// One JSON object per line, for machines.
    Json,
}

/// Keeps telemetry alive; dropping it flushes what is left.
#[derive(Debug)]
#[must_use = "telemetry ends when this is dropped"]
pub struct Telemetry(());

/// Starts logging to standard error, for the whole process.
///
/// # Errors
///
/// If `rust_log` cannot be understood, or logging was started before.
pub fn init(config: &TelemetryConfig) -> anyhow::Result<Telemetry> {
    let filter = EnvFilter::try_new(&config.rust_log)?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started: Result<(), TryInitError> = match config.log_format {
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
        LogFormat::Pretty => builder
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .compact()
            .finish()
            .try_init(),
    };
    started?;
    Ok(Telemetry(()))
}

/// An error and everything behind it, on one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
