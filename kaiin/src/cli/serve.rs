use std::path::{Path, PathBuf};

use anyhow::Context as _;
use service_kit::telemetry::{self, LogFormat, TelemetryConfig};
use service_kit::{Clock, shutdown};

use super::say;
use crate::{Data, Line, Plan, Ports, Suite};

/// What `dev` and `up` have in common.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Writes the addresses and credentials as JSON to this file once everything serves; it goes when the suite stops.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,

    /// How log lines look. They go to standard error.
    #[arg(long, env, value_enum, default_value_t)]
    log_format: LogFormat,

    /// Which log lines appear: a level, or `target=level` pairs.
    #[arg(long, env, default_value = "warn")]
    rust_log: String,

    #[command(flatten)]
    ports: Ports,
}

impl Serve {
    pub(super) async fn run(self, data: Data, line: Line) -> anyhow::Result<()> {
        let _telemetry = telemetry::init(&TelemetryConfig {
            log_format: self.log_format,
            rust_log: self.rust_log,
        })?;
        let plan = Plan {
            data,
            ports: self.ports,
            line,
            clock: Clock::system(),
            progress: say,
        };
        // One from before would lead a script to where nobody listens any more.
        let ready_file = self.ready_file.as_deref();
        ready_file.map_or(Ok(()), remove)?;
        let suite = Suite::start(plan).await?;
        if let Some(path) = ready_file {
            let written = suite.ready().write(path);
            written.with_context(|| format!("cannot write the ready file {}", path.display()))?;
        }
        say(&welcome(&suite));
        let stopped = suite.run_until(shutdown::signal_received()).await;
        ready_file.map_or(Ok(()), remove)?;
        say("Stopped.");
        stopped
    }
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove the ready file {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn welcome(suite: &Suite) -> String {
    let ready = suite.ready();
    let mut lines = vec![String::new(), "Kaiin is running.".into(), String::new()];
    let mut row = |what: &str, address: &str| lines.push(format!("  {what:<22}{address}"));
    row("Website", ready.website.as_str());
    if let Some(simulator) = &ready.simulator {
        row("Simulated LINE", simulator.as_str());
    }
    row("Webhook", ready.webhook.as_str());
    // Its root is nobody's; its documentation is for people.
    row("Members' API", &format!("{}docs", ready.api_users));
    row("Data", &suite.data_folder().display().to_string());
    lines.push(String::new());
    if ready.simulator.is_some() {
        lines.extend(
            [
                "Try this on the simulated LINE's page:",
                "  1. As Alice, add the bot as a friend, write to it, and tap the link it answers with.",
                "  2. Register there, with the box for news ticked. Write again: the bot knows you.",
                "  3. Wait a minute: the scheduled message comes. Bob, no member, gets none.",
            ]
            .map(String::from),
        );
    } else {
        let website = &ready.website;
        lines.push(format!("At LINE, the webhook URL is {website}callback"));
        lines.push(format!(
            "and the login channel's callback URL is {website}auth/callback."
        ));
    }
    lines.push("\nCtrl-C stops it.".into());
    lines.join("\n")
}
