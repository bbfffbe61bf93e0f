use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::{CommandFactory as _, Parser as _};
use push_msg::cli::Cli;

use super::{DEV_FOLDER, UP_FOLDER};
use crate::line;
use crate::push_settings::{self, PushSettings};

/// What the command calls itself.
const NAME: &str = "kaiin push";
/// The one setting that is a secret.
const TOKEN: &str = "line-channel-access-token";

#[derive(Debug, clap::Args)]
pub(super) struct Push {
    /// The data folder of the suite: without this .kaiin, which is `up`'s, or .kaiin-dev, which is `dev`'s, whichever is
    /// there.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,

    /// A command of push-msg with what it takes: `kaiin push help` lists them.
    #[arg(
        value_name = "COMMAND",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    command: Vec<OsString>,
}

impl Push {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let mut typed = vec![OsString::from(NAME)];
        typed.extend(self.command);
        let Some(command) = command(&typed) else {
            // `help`, or nothing that there is: push-msg says so itself.
            return Ok(Cli::parse_from(typed).execute().await);
        };
        let folder = match self.data {
            Some(folder) => folder,
            None => the_one_that_was_used([UP_FOLDER, DEV_FOLDER].map(Path::new))?.to_owned(),
        };
        let mut settings = push_settings::of(&folder)?;
        settings.extend(line::simulated_token(&folder)?.map(|token| (TOKEN.to_owned(), token)));
        let whole = with_settings(typed, &command, &settings);
        Ok(Cli::parse_from(whole).execute().await)
    }
}

/// The command of push-msg that was typed.
fn command(typed: &[OsString]) -> Option<clap::Command> {
    let name = typed.get(1)?;
    Cli::command().find_subcommand(name).cloned()
}

/// What was typed, and every setting that the command takes and nobody typed.
fn with_settings(
    typed: Vec<OsString>,
    command: &clap::Command,
    settings: &PushSettings,
) -> Vec<OsString> {
    let takes = |flag: &str| {
        command
            .get_arguments()
            .any(|own| own.get_long() == Some(flag))
    };
    let is_typed = |flag: &str| {
        typed.iter().any(|word| {
            let word = word.to_string_lossy();
            let own = word.strip_prefix("--").unwrap_or_default();
            own.split('=').next() == Some(flag)
        })
    };
    let added: Vec<_> = settings
        .iter()
        .filter(|(flag, _)| takes(flag) && !is_typed(flag))
        .map(|(flag, value)| OsString::from(format!("--{flag}={value}")))
        .collect();
    let mut whole = typed;
    // Before what was typed: an argument may stand behind `--`.
    whole.splice(2..2, added);
    whole
}

/// Real people's campaigns are never taken for simulated ones, nor the other way round.
fn the_one_that_was_used([up, dev]: [&Path; 2]) -> anyhow::Result<&Path> {
    match (push_settings::is_known(up), push_settings::is_known(dev)) {
        (true, false) => Ok(up),
        (false, true) => Ok(dev),
        (true, true) => bail!(
            "a suite was started on both {} and {}; say which one with --data",
            up.display(),
            dev.display()
        ),
        (false, false) => bail!(
            "no suite was started here yet: neither on {} nor on {}; --data names another folder",
            up.display(),
            dev.display()
        ),
    }
}
