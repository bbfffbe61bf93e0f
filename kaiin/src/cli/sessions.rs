use std::path::PathBuf;

use register_server::SessionsCommand;

use super::kept::Kept;
use crate::data::database_url;

/// The part that has the sessions.
const REGISTER_SERVER: &str = "register-server";

#[derive(Debug, clap::Args)]
pub(super) struct Sessions {
    /// The data folder of the suite: without this .kaiin, which is `up`'s, or .kaiin-dev, which is `dev`'s, whichever is
    /// there.
    #[arg(long, value_name = "FOLDER", global = true)]
    data: Option<PathBuf>,

    #[command(subcommand)]
    command: SessionsCommand,
}

impl Sessions {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let folder = Kept::by(REGISTER_SERVER, "a store of sessions").folder(self.data)?;
        let url = database_url(&folder, REGISTER_SERVER).into();
        self.command.run(&url).await
    }
}
