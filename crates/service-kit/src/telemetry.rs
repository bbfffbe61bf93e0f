//! Logs.

mod writer;

use std::io::IsTerminal as _;
use std::process::ExitCode;

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

/// Libraries that greet everybody at every start; `rust_log` may still ask for them.
const QUIET: &str = "tokio_cron_scheduler=warn";

/// Starts logging to standard error, for the whole process.
///
/// # Errors
///
/// If `rust_log` cannot be understood, or logging was started before.
pub fn init(config: &TelemetryConfig) -> anyhow::Result<Telemetry> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.rust_log))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| writer::Writer);
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
    writer::start()?;
    Ok(Telemetry(()))
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        flush();
    }
}

/// Waits for the lines so far to be written, a second at most: for whoever ends the process by force.
pub fn flush() {
    writer::flush();
}

/// How a program ends: what went wrong goes to standard error on one line, with the program's name before it.
#[expect(
    clippy::print_stderr,
    reason = "this is a program's last word to whoever started it"
)]
pub fn exit_code(program: &str, outcome: &anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{program}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// An error and everything behind it, on one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
