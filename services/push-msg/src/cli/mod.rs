//! The commands people and the `CronJob` type. Each file here is a group of them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command answers on its standard streams"
)]

mod look;
mod operate;
mod report;
mod send;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

const FINE: u8 = 0;
const ATTENTION: u8 = 1;
const WRONG_SETTINGS: u8 = 2;
/// `EX_TEMPFAIL` of sysexits.h: try again later.
const TAKEN: u8 = 75;

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
  75  another push-msg has the ledger's file open; it does the work";

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Send(send::Command),
    #[command(flatten)]
    Look(look::Command),
    #[command(flatten)]
    Operate(operate::Command),
}

impl Cli {
    /// Does what the command says, and answers the exit code.
    pub async fn execute(self) -> ExitCode {
        let code = match self.command {
            Command::Send(command) => command.execute().await,
            Command::Look(command) => command.execute().await,
            Command::Operate(command) => command.execute().await,
        };
        ExitCode::from(code)
    }
}
