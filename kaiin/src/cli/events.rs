use std::path::PathBuf;
use std::process::ExitCode;

use service_kit::Clock;
use webhook::events::Command;

use super::kept::Kept;
use crate::data::database_url;

/// The part that has the events.
const WEBHOOK: &str = "webhook";

#[derive(Debug, clap::Args)]
pub(super) struct Events {
    /// The data folder of the suite: without this .kaiin, which is `up`'s, or .kaiin-dev, which is `dev`'s, whichever is
    /// there.
    #[arg(long, value_name = "FOLDER", global = true)]
    data: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

impl Events {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let folder = Kept::by(WEBHOOK, "an inbox").folder(self.data)?;
        let url = database_url(&folder, WEBHOOK).into();
        self.command.run(&url, &Clock::system()).await
    }
}
