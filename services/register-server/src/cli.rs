//! The command line.

use std::io::{self, Write as _};

use clap::{Args, CommandFactory as _, FromArgMatches as _, Subcommand};
use line_api::UserId;
use secrecy::SecretString;
use service_kit::database::DatabaseConfig;

use crate::Config;
use crate::digest::Digest;
use crate::store::Beside;

/// What was asked for.
#[derive(Debug)]
pub enum Cli {
    /// Serve.
    Serve(Box<Config>),
    /// Look after sessions. Needs no setting but where the store is.
    Sessions(Sessions),
}

/// What to do with the sessions of which store.
#[derive(Debug, Args)]
pub struct Sessions {
    /// The store.
    #[command(flatten)]
    pub database: DatabaseConfig,

    /// What to do.
    #[command(subcommand)]
    pub command: SessionsCommand,
}

/// What an operator does with sessions, beside a running server too.
#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// Says how many there are. Those that ended by themselves within the last minute may be among them.
    Count,
    /// Signs people out, everywhere and at once; nothing else changes.
    End(End),
}

/// Whom to sign out.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct End {
    /// Everybody.
    #[arg(long)]
    all: bool,

    /// The person with this LINE user ID.
    #[arg(long, value_name = "LUID", value_parser = person)]
    person: Option<UserId>,
}

fn person(text: &str) -> Result<UserId, &'static str> {
    UserId::parse(text.to_owned()).map_err(|_| "a LINE user ID is U and 32 hexadecimal digits")
}

impl Cli {
    /// What was typed. Ends the process where that makes no sense.
    pub fn from_command_line() -> Self {
        let matches = command().get_matches();
        let asked = match matches.subcommand() {
            Some((_, sessions)) => Sessions::from_arg_matches(sessions).map(Self::Sessions),
            None => Config::from_arg_matches(&matches).map(|config| Self::Serve(Box::new(config))),
        };
        asked.unwrap_or_else(|error| error.exit())
    }
}

impl Sessions {
    /// Does it, and says on the standard output what came of it.
    ///
    /// # Errors
    ///
    /// If the store cannot be opened, or failed.
    pub async fn run(self) -> anyhow::Result<()> {
        self.command.run(&self.database.url()?).await
    }
}

impl SessionsCommand {
    /// Does it to the store at `url`, and says on the standard output what came of it.
    ///
    /// # Errors
    ///
    /// If the store cannot be opened, or failed.
    pub async fn run(self, url: &SecretString) -> anyhow::Result<()> {
        let mut store = Beside::open(url).await?;
        let said = match self {
            Self::Count => {
                let (sessions, people) = store.count().await?;
                format!("{sessions} sessions of {people} people")
            }
            Self::End(End { person, .. }) => {
                let person = person.map(|luid| Digest::of(luid.as_str()));
                let ended = store.end(person.as_ref()).await?;
                format!("{ended} sessions ended")
            }
        };
        writeln!(io::stdout(), "{said}")?;
        Ok(())
    }
}

/// Without a subcommand the program serves, and only then needs its settings.
fn command() -> clap::Command {
    let sessions = Sessions::augment_args(clap::Command::new("sessions"))
        .mut_args(|argument| argument.global(true).help_heading("The store"))
        .about("Counts sessions, and signs people out, beside a running server too");
    Config::command()
        .subcommand(sessions)
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
