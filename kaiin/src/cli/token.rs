use std::path::PathBuf;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use service_kit::Clock;

use super::say;
use crate::identity::{Identity, OperatorRole, is_caller, operator_token};

#[derive(Debug, clap::Args)]
pub(super) struct Token {
    /// The data folder of the suite.
    #[arg(long, value_name = "FOLDER", default_value = super::UP_FOLDER)]
    data: PathBuf,

    /// Who will use it: 1 to 60 characters.
    #[arg(long, value_parser = name)]
    name: String,

    /// What it allows.
    #[arg(long, value_enum, default_value = "viewer")]
    role: OperatorRole,

    /// How many hours it is good for.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=720))]
    hours: u32,
}

impl Token {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let key = Identity::operators_of(&self.data)?;
        let life = Duration::from_hours(self.hours.into());
        say(operator_token(&key, &self.name, self.role, life, &Clock::system())?.expose_secret());
        Ok(())
    }
}

fn name(raw: &str) -> Result<String, &'static str> {
    let name = raw.trim();
    if !(1..=60).contains(&name.chars().count()) {
        return Err("a name has 1 to 60 characters");
    }
    if is_caller(name) {
        return Err("this is the name of a service");
    }
    Ok(name.to_owned())
}
