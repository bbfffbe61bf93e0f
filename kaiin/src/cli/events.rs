use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use service_kit::Clock;
use webhook::events::Command;

use super::{DEV_FOLDER, UP_FOLDER};
use crate::data::{database_file, database_url};

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
        let folder = match self.data {
            Some(folder) => folder,
            None => the_one_with_an_inbox([UP_FOLDER, DEV_FOLDER].map(Path::new))?.to_owned(),
        };
        if !has_inbox(&folder) {
            bail!(
                "there is no inbox in the data folder {} yet; it is made when the suite first starts",
                folder.display()
            );
        }
        let url = database_url(&folder, WEBHOOK).into();
        self.command.run(&url, &Clock::system()).await
    }
}

/// Real people's events are never taken for simulated ones, nor the other way round.
fn the_one_with_an_inbox([up, dev]: [&Path; 2]) -> anyhow::Result<&Path> {
    match (has_inbox(up), has_inbox(dev)) {
        (true, true) => bail!(
            "both {} and {} have an inbox; say which one with --data",
            up.display(),
            dev.display()
        ),
        (true, false) => Ok(up),
        (false, true) => Ok(dev),
        (false, false) => bail!(
            "there is no inbox here yet: neither {} nor {} has one; --data names another folder",
            up.display(),
            dev.display()
        ),
    }
}

fn has_inbox(folder: &Path) -> bool {
    database_file(folder, WEBHOOK).exists()
}
