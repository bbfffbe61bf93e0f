//! The command line.

mod dev;
mod events;
mod kept;
mod push;
mod serve;
mod sessions;
mod token;
mod up;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use service_kit::telemetry::exit_code;

use crate::settings;

/// The data folders of `dev` and `up` where no other is named.
const DEV_FOLDER: &str = ".kaiin-dev";
const UP_FOLDER: &str = ".kaiin";

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
    Dev(dev::Dev),
    /// Runs the whole suite on this machine against your real LINE channels.
    Up(Box<up::Up>),
    /// Prints a token for the members' API of a suite that runs, or ran, on a data folder.
    Token(token::Token),
    /// Lists, shows, retries and drops the events that the webhook stored, beside a running suite too.
    Events(events::Events),
    /// Checks, plans, previews, tries out and reports campaigns, as push-msg does, beside a running suite too.
    Push(push::Push),
    /// Counts the website's sessions, and signs people out, beside a running suite too.
    Sessions(sessions::Sessions),
}

impl Cli {
    /// What was typed, with the settings file taken in. Ends the process where that makes no sense.
    pub fn from_command_line() -> Self {
        let arguments = std::env::args_os().collect();
        match settings::expand(arguments, &flags_of_up(), |name| {
            std::env::var_os(name).is_some()
        }) {
            Ok(arguments) => Self::parse_from(arguments),
            Err(error) => {
                exit_code("kaiin", &Err(error));
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
            Command::Events(events) => match events.run().await {
                Ok(code) => return code,
                Err(error) => Err(error),
            },
            Command::Push(push) => match push.run().await {
                Ok(code) => return code,
                Err(error) => Err(error),
            },
            Command::Sessions(sessions) => sessions.run().await,
        };
        exit_code("kaiin", &done)
    }
}

/// The settings that a settings file may hold.
fn flags_of_up() -> Vec<String> {
    let command = Cli::command();
    let up = command
        .find_subcommand("up")
        .map(clap::Command::get_arguments);
    up.into_iter()
        .flatten()
        .filter_map(|argument| argument.get_long().map(String::from))
        .collect()
}

#[expect(
    clippy::print_stdout,
    reason = "this is what the command says to the person who typed it"
)]
fn say(line: &str) {
    println!("{line}");
}
