//! `validate`: what looks at campaigns and sends nothing.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use service_kit::{Clock, telemetry};

use super::{ATTENTION, FINE, WRONG_SETTINGS};
use crate::campaign::{Campaign, Folder};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check campaign documents, and show when each is next due. Sends nothing, calls nobody.
    Validate {
        /// Campaign documents to check; all of the CAMPAIGNS folder if none is named.
        files: Vec<PathBuf>,
        /// The folder of campaign documents.
        #[arg(long, env, default_value = "campaigns")]
        campaigns: PathBuf,
    },
}

impl Command {
    pub(super) fn execute(self) -> u8 {
        match self {
            Self::Validate { files, campaigns } => validate(&files, &campaigns),
        }
    }
}

/// How many occurrences `validate` shows.
const PREVIEW: usize = 3;

fn validate(files: &[PathBuf], campaigns: &Path) -> u8 {
    let folder = if files.is_empty() {
        match Folder::read(campaigns) {
            Ok(folder) => folder,
            Err(error) => {
                eprintln!("push-msg: CAMPAIGNS: {}: {error}", campaigns.display());
                return WRONG_SETTINGS;
            }
        }
    } else {
        Folder::of_files(files)
    };
    let dueless = folder
        .campaigns
        .values()
        .filter(|campaign| !show(campaign))
        .count();
    for refused in &folder.refused {
        println!("! {}", telemetry::chain(refused));
    }
    if dueless == 0 && folder.refused.is_empty() {
        FINE
    } else {
        ATTENTION
    }
}

/// Shows when the campaign is next due; says whether it ever is.
fn show(campaign: &Campaign) -> bool {
    let zone = campaign.schedule().zone();
    println!(
        "{} (for members who consent to {}; zone {zone})",
        campaign.name(),
        campaign.audience().consent
    );
    let next = campaign.schedule().next(Clock::system().now(), PREVIEW);
    for moment in &next {
        println!("    {}", zone.show(*moment));
    }
    if next.is_empty() {
        println!("  ! schedule: lies in the past");
    }
    !next.is_empty()
}
