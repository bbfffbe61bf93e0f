//! The command line.

use clap::{Args, CommandFactory as _, FromArgMatches as _};
use service_kit::Clock;
use service_kit::database::DatabaseConfig;

use crate::{Config, events};

/// What was asked for.
#[derive(Debug)]
pub enum Cli {
    /// Serve.
    Serve(Box<Config>),
    /// Look after the inbox's events. Needs no setting but where the inbox is.
    Events(Events),
}

/// What to do to which inbox.
#[derive(Debug, Args)]
pub struct Events {
    /// The inbox.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// What to do.
    #[command(subcommand)]
    pub command: events::Command,
}

impl Cli {
    /// What was typed. Ends the process where that makes no sense.
    pub fn from_command_line() -> Self {
        let matches = command().get_matches();
        let asked = match matches.subcommand() {
            Some((_, events)) => Events::from_arg_matches(events).map(Self::Events),
            None => Config::from_arg_matches(&matches).map(|config| Self::Serve(Box::new(config))),
        };
        asked.unwrap_or_else(|error| error.exit())
    }
}

impl Events {
    /// Does it.
    ///
    /// # Errors
    ///
    /// If the inbox cannot be opened, or failed.
    pub async fn run(self) -> anyhow::Result<std::process::ExitCode> {
        let url = self.database.url()?;
        self.command.run(&url, &Clock::system()).await
    }
}

/// Without a subcommand the program serves, and only then needs its settings.
fn command() -> clap::Command {
    let events = Events::augment_args(clap::Command::new("events"))
        .mut_args(|argument| argument.global(true).help_heading("The inbox"))
        .about("Lists, shows, retries and drops stored events, beside a running server too");
    Config::command()
        .subcommand(events)
        .subcommand_negates_reqs(true)
        .args_conflicts_with_subcommands(true)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_makes_sense() {
        super::command().debug_assert();
    }
}
