//! The commands people and the `CronJob` type.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command answers on its standard streams"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use service_kit::database::DatabaseFileError;
use service_kit::file_lock::FileLockError;
use service_kit::{Clock, shutdown, telemetry};

use crate::campaign::{Campaign, Folder};
use crate::{App, Config, OpenError, Pusher};

const FINE: u8 = 0;
const ATTENTION: u8 = 1;
const WRONG_SETTINGS: u8 = 2;
/// `EX_TEMPFAIL` of sysexits.h: try again later.
const TAKEN: u8 = 75;

/// How many occurrences `validate` shows.
const PREVIEW: usize = 3;

/// Sends each scheduled message once to each member who should get it.
#[derive(Debug, Parser)]
#[command(name = "push-msg", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0   all is well
  1   something needs attention or failed; the last lines say what
  2   a setting is wrong
  75  another push-msg has the ledger open; it does the work";

#[derive(Debug, Subcommand)]
enum Command {
    /// Do what is due, and what earlier runs left; then end.
    ///
    /// This is what a Kubernetes cron job runs. It may be killed at any moment and run again: nothing is sent twice.
    #[command(after_help = EXIT_CODES)]
    Run {
        /// Run once. (To go on running, use `serve`.)
        #[arg(long, required = true)]
        once: bool,
        #[command(flatten)]
        config: Box<Config>,
    },
    /// Go on running, and look every ten seconds for what is due.
    #[command(after_help = EXIT_CODES)]
    Serve {
        #[command(flatten)]
        config: Box<Config>,
    },
    /// Check campaign documents, and show when each is next due. Sends nothing, calls nobody.
    Validate {
        /// Campaign documents to check; all of the CAMPAIGNS folder if none is named.
        files: Vec<PathBuf>,
        /// The folder of campaign documents.
        #[arg(long, env, default_value = "campaigns")]
        campaigns: PathBuf,
    },
}

impl Cli {
    /// Does what the command says, and answers the exit code.
    pub async fn execute(self) -> ExitCode {
        let code = match self.command {
            Command::Run { config, .. } => run(&config).await,
            Command::Serve { config } => serve(*config).await,
            Command::Validate { files, campaigns } => validate(&files, &campaigns),
        };
        ExitCode::from(code)
    }
}

async fn run(config: &Config) -> u8 {
    let opened = async {
        let telemetry = telemetry::init(&config.telemetry)?;
        anyhow::Ok((telemetry, Pusher::open(config).await?))
    };
    let (_telemetry, pusher) = match opened.await {
        Ok(opened) => opened,
        Err(error) => return refuse(&error),
    };
    match pusher.run_once().await {
        Ok(report) => {
            print!("{report}");
            if report.is_fine() { FINE } else { ATTENTION }
        }
        Err(error) => {
            eprintln!("push-msg: {error:#}");
            ATTENTION
        }
    }
}

async fn serve(config: Config) -> u8 {
    let built = async {
        let telemetry = telemetry::init(&config.telemetry)?;
        anyhow::Ok((telemetry, App::build(config).await?))
    };
    let (_telemetry, app) = match built.await {
        Ok(built) => built,
        Err(error) => return refuse(&error),
    };
    match app.serve(shutdown::signal_received()).await {
        Ok(()) => FINE,
        Err(error) => {
            eprintln!("push-msg: {error:#}");
            ATTENTION
        }
    }
}

fn refuse(error: &anyhow::Error) -> u8 {
    if let Some(OpenError::File(DatabaseFileError::Lock(FileLockError::Held(_)))) =
        error.downcast_ref()
    {
        eprintln!("push-msg: the scheduler is already running: {error}. It does what is due.");
        return TAKEN;
    }
    eprintln!("push-msg: {error:#}");
    WRONG_SETTINGS
}

fn validate(files: &[PathBuf], campaigns: &std::path::Path) -> u8 {
    let folder = if files.is_empty() {
        match Folder::read(campaigns) {
            Ok(folder) => folder,
            Err(error) => {
                eprintln!("push-msg: CAMPAIGNS: {}: {error}", campaigns.display());
                return WRONG_SETTINGS;
            }
        }
    } else {
        Folder::of_files(files)
    };
    let dueless = folder
        .campaigns
        .values()
        .filter(|campaign| !show(campaign))
        .count();
    for refused in &folder.refused {
        println!("! {}", telemetry::chain(refused));
    }
    if dueless == 0 && folder.refused.is_empty() {
        FINE
    } else {
        ATTENTION
    }
}

/// Shows when the campaign is next due; says whether it ever is.
fn show(campaign: &Campaign) -> bool {
    let zone = campaign.schedule().zone();
    println!(
        "{} (for members who consent to {}; zone {zone})",
        campaign.name(),
        campaign.audience().consent
    );
    let next = campaign.schedule().next(Clock::system().now(), PREVIEW);
    for moment in &next {
        println!("    {}", zone.show(*moment));
    }
    if next.is_empty() {
        println!("  ! schedule: lies in the past");
    }
    !next.is_empty()
}
