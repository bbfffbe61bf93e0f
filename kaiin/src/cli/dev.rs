use std::path::PathBuf;

use super::serve::Serve;
use crate::{Data, Line};

#[derive(Debug, clap::Args)]
pub(super) struct Dev {
    /// Where databases, keys and secrets are kept; only you can read it.
    #[arg(long, value_name = "FOLDER", default_value = super::DEV_FOLDER)]
    data: PathBuf,

    /// Keeps nothing: the data folder is a temporary one.
    #[arg(long, conflicts_with = "data")]
    ephemeral: bool,

    /// The website's brand file: name, logo, colours, texts.
    #[arg(long, env, value_name = "FILE")]
    brand: Option<PathBuf>,

    #[command(flatten)]
    serve: Serve,

    /// The simulated LINE.
    #[arg(long, help_heading = "Ports", default_value_t = 8900)]
    simulator_port: u16,
}

impl Dev {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let data = if self.ephemeral {
            Data::Ephemeral
        } else {
            Data::Folder(self.data)
        };
        self.serve
            .run(
                data,
                Line::Simulated {
                    port: self.simulator_port,
                    brand: self.brand,
                },
            )
            .await
    }
}
