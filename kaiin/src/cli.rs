//! The command line.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use secrecy::{ExposeSecret as _, SecretString};
use service_kit::telemetry::{self, LogFormat, TelemetryConfig};
use service_kit::{Clock, Profile, secret, shutdown};
use url::Url;

use crate::identity::{Identity, OperatorRole, operator_token};
use crate::line::{Credentials, RealLine};
use crate::{Data, Line, Plan, Ports, Suite, settings};

/// Members for a LINE Official Account: registration website, bot, members' API and scheduled messages.
#[derive(Debug, Parser)]
#[command(name = "kaiin", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the whole suite on this machine against a simulated LINE. Needs no account, no tunnel and no internet.
    Dev(Dev),
    /// Runs the whole suite on this machine against your real LINE channels.
    Up(Box<Up>),
    /// Prints a token for the members' API of a suite that runs, or ran, on a data folder.
    Token(Token),
}

#[derive(Debug, Args)]
struct Common {
    /// Where databases, keys and secrets are kept; only you can read it.
    #[arg(long, value_name = "FOLDER", default_value = ".kaiin")]
    data: PathBuf,

    #[command(flatten)]
    ports: Ports,

    /// Writes the addresses and credentials as JSON to this file once everything serves.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,

    /// How log lines look. They go to standard error.
    #[arg(long, value_enum, default_value_t)]
    log_format: LogFormat,

    /// Which log lines appear: a level, or `target=level` pairs.
    #[arg(long, env, default_value = "warn")]
    rust_log: String,
}

#[derive(Debug, Args)]
struct Dev {
    #[command(flatten)]
    common: Common,

    /// Keeps nothing: the data folder is a temporary one.
    #[arg(long, conflicts_with = "data")]
    ephemeral: bool,
}

#[derive(Debug, Args)]
struct Up {
    #[command(flatten)]
    common: Common,

    /// A file of NAME=value lines for any setting below.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// The origin under which people reach the website. Send it, through TLS, to the website port of this machine.
    #[arg(long, env)]
    public_url: Url,

    /// The Messaging API channel's secret; several, comma-separated, while rotating.
    #[arg(long, env, value_parser = secret::parse, hide_env_values = true)]
    line_channel_secret: Option<SecretString>,

    /// A file that holds it.
    #[arg(long, env)]
    line_channel_secret_file: Option<PathBuf>,

    /// The Messaging API channel's access token.
    #[arg(long, env, value_parser = secret::parse, hide_env_values = true)]
    line_channel_access_token: Option<SecretString>,

    /// A file that holds it.
    #[arg(long, env)]
    line_channel_access_token_file: Option<PathBuf>,

    /// The LINE Login channel's ID. The channel must belong to the same provider as the Messaging API channel.
    #[arg(long, env)]
    line_login_channel_id: String,

    /// The LINE Login channel's secret.
    #[arg(long, env, value_parser = secret::parse, hide_env_values = true)]
    line_login_channel_secret: Option<SecretString>,

    /// A file that holds it.
    #[arg(long, env)]
    line_login_channel_secret_file: Option<PathBuf>,

    /// The link that the bot gives to people who are not members; the website's home, if absent.
    #[arg(long, env)]
    website_link: Option<Url>,

    /// The bot's language for people whose own is unknown.
    #[arg(long, env, default_value_t)]
    bot_language: webhook::bot::Language,

    /// Where LINE's APIs are.
    #[arg(long, env, default_value = "https://api.line.me")]
    line_api_base: Url,

    /// Where people sign in with LINE.
    #[arg(long, env, default_value = "https://access.line.me")]
    line_access_base: Url,

    /// How careful to be about these settings.
    #[arg(long, env, value_enum, default_value_t)]
    profile: Profile,
}

#[derive(Debug, Args)]
struct Token {
    /// The data folder of the suite.
    #[arg(long, value_name = "FOLDER", default_value = ".kaiin")]
    data: PathBuf,

    /// Who will use it; the audit log names them.
    #[arg(long)]
    name: String,

    /// What it allows.
    #[arg(long, value_enum, default_value = "viewer")]
    role: OperatorRole,

    /// How many hours it is good for.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=720))]
    hours: u32,
}

impl Cli {
    /// What was typed, with the settings file taken in. Ends the process where that makes no sense.
    pub fn from_command_line() -> Self {
        let arguments = std::env::args_os().collect();
        match settings::expand(arguments, |name| std::env::var_os(name).is_some()) {
            Ok(arguments) => Self::parse_from(arguments),
            Err(error) => {
                complain(&error);
                std::process::exit(2)
            }
        }
    }

    /// Does it.
    pub async fn run(self) -> ExitCode {
        let done = match self.command {
            Command::Dev(dev) => dev.run().await,
            Command::Up(up) => up.run().await,
            Command::Token(token) => token.run(),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(&error);
                ExitCode::FAILURE
            }
        }
    }
}

impl Dev {
    async fn run(self) -> anyhow::Result<()> {
        let data = if self.ephemeral {
            Data::Ephemeral
        } else {
            Data::Folder(self.common.data.clone())
        };
        self.common.run(data, Line::Simulated).await
    }
}

impl Up {
    async fn run(self) -> anyhow::Result<()> {
        let secret = |name, value: Option<&SecretString>, file: &Option<PathBuf>| {
            secret::required(name, value, file.as_deref())
        };
        let credentials = Credentials {
            channel_secret: secret(
                "LINE_CHANNEL_SECRET",
                self.line_channel_secret.as_ref(),
                &self.line_channel_secret_file,
            )?,
            channel_access_token: secret(
                "LINE_CHANNEL_ACCESS_TOKEN",
                self.line_channel_access_token.as_ref(),
                &self.line_channel_access_token_file,
            )?,
            bot_user_id: None,
            login_channel_id: self.line_login_channel_id,
            login_channel_secret: secret(
                "LINE_LOGIN_CHANNEL_SECRET",
                self.line_login_channel_secret.as_ref(),
                &self.line_login_channel_secret_file,
            )?,
        };
        let line = RealLine {
            credentials,
            api_base: self.line_api_base,
            access_base: self.line_access_base,
            public_url: self.public_url,
            website_link: self.website_link,
            bot_language: self.bot_language,
            profile: self.profile,
        };
        let data = Data::Folder(self.common.data.clone());
        self.common.run(data, Line::Real(Box::new(line))).await
    }
}

impl Common {
    async fn run(self, data: Data, line: Line) -> anyhow::Result<()> {
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
        let suite = Suite::start(plan).await?;
        if let Some(path) = &self.ready_file {
            suite
                .ready()
                .write(path)
                .with_context(|| format!("cannot write the ready file {}", path.display()))?;
        }
        say(&welcome(&suite));
        let stopped = suite.run_until(shutdown::signal_received()).await;
        say("Stopped.");
        stopped
    }
}

impl Token {
    fn run(self) -> anyhow::Result<()> {
        let key = Identity::operators_of(&self.data)?;
        let life = Duration::from_hours(self.hours.into());
        say(operator_token(&key, &self.name, self.role, life, &Clock::system())?.expose_secret());
        Ok(())
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
    row("Members' API", ready.api_users.as_str());
    row("Data", &suite.data_folder().display().to_string());
    if ready.simulator.is_some() {
        lines.extend(
            [
                "",
                "Try this on the simulated LINE's page:",
                "  1. As Alice, add the bot as a friend, write to it, and tap the link it answers with.",
                "  2. Register there, with the box for news ticked. Write again: the bot knows you.",
                "  3. Wait a minute: the scheduled message comes. Bob, no member, gets none.",
            ]
            .map(String::from),
        );
    } else {
        lines.push(format!("\nSet the channel's webhook URL to {}callback and the login channel's callback URL to {}auth/callback.", ready.website, ready.website));
    }
    lines.push("\nCtrl-C stops it.".into());
    lines.join("\n")
}

#[expect(
    clippy::print_stdout,
    reason = "this is what the command says to the person who typed it"
)]
fn say(line: &str) {
    println!("{line}");
}

#[expect(
    clippy::print_stderr,
    reason = "this is what the command says to the person who typed it"
)]
fn complain(error: &anyhow::Error) {
    let bold = if std::io::stderr().is_terminal() {
        ("\u{1b}[1m", "\u{1b}[0m")
    } else {
        ("", "")
    };
    eprintln!("{}kaiin:{} {error:#}", bold.0, bold.1);
}
