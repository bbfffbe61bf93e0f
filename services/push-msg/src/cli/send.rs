//! `run` and `serve`: what sends.

use clap::Subcommand;
use service_kit::database::DatabaseFileError;
use service_kit::file_lock::FileLockError;
use service_kit::{shutdown, telemetry};

use super::{ATTENTION, EXIT_CODES, FINE, TAKEN, WRONG_SETTINGS};
use crate::{App, Config, OpenError, Pusher};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
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
}

impl Command {
    pub(super) async fn execute(self) -> u8 {
        match self {
            Self::Run { config, .. } => run(&config).await,
            Self::Serve { config } => serve(*config).await,
        }
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
    if let Some(OpenError::Open(_)) = error.downcast_ref() {
        return ATTENTION;
    }
    WRONG_SETTINGS
}
