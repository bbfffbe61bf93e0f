//! `validate`, `plan`, `preview` and `send-test`: what looks at campaigns before they are sent.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use serde::Serialize;
use service_kit::database::DatabaseConfig;
use service_kit::{Clock, telemetry};

use super::{ATTENTION, EXIT_CODES, FINE, WRONG_SETTINGS};
use crate::campaign::{Campaign, Folder, SCHEMA, Zone, read_file};
use crate::look::{Desk, LookConfig, page, plan, preview, trial};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check campaign documents, and show when each is next due. Sends nothing, calls nobody.
    Validate {
        /// Campaign documents to check; all of the CAMPAIGNS folder if none is named.
        files: Vec<PathBuf>,
        /// The folder of campaign documents.
        #[arg(long, env, default_value = "campaigns")]
        campaigns: PathBuf,
        /// Print the JSON schema of campaign documents instead.
        #[arg(long)]
        schema: bool,
    },
    /// Show what the next occurrence would come to: who gets it, who does not and why, what it costs. Sends nothing.
    ///
    /// It asks the members' API for the audience, LINE for the quota and whether it would take the messages, and the ledger
    /// for who has had as many messages as a frequency cap allows.
    #[command(after_help = EXIT_CODES)]
    Plan {
        #[command(flatten)]
        which: Which,
        /// The operator's time zone, in which the next runs are shown; the campaign's own if none is named.
        #[arg(long, value_parser = zone)]
        zone: Option<Zone>,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
        /// The ledger.
        #[command(flatten)]
        database: DatabaseConfig,
        #[command(flatten)]
        config: Box<LookConfig>,
    },
    /// Show what some members of each language would read, as JSON or as a page. Sends nothing.
    ///
    /// The answer holds names and messages: keep it as you keep members' data.
    #[command(after_help = EXIT_CODES)]
    Preview {
        #[command(flatten)]
        which: Which,
        /// How many members of each language.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=20))]
        members: u8,
        /// Write a page to this file, which only you can read, instead of printing JSON.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        #[command(flatten)]
        config: Box<LookConfig>,
    },
    /// Send the messages to the campaign's test list now, under a line that says so. The schedule does not matter.
    ///
    /// It counts against the month's quota. The ledger knows nothing of it: the campaign itself goes out as planned.
    #[command(after_help = EXIT_CODES)]
    SendTest {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        config: Box<LookConfig>,
    },
}

/// Which campaign.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// The campaign: its name, or the file of its document.
    campaign: String,
}

impl Which {
    fn find(&self, folder: &Path) -> anyhow::Result<Campaign> {
        let file = Path::new(&self.campaign);
        // No name holds a dot or a slash.
        if self.campaign.contains(['.', '/']) {
            return read_file(file).with_context(|| file.display().to_string());
        }
        let mut folder = Folder::read(folder).with_context(|| {
            format!("CAMPAIGNS: the folder {} cannot be read", folder.display())
        })?;
        for refused in &folder.refused {
            eprintln!("! {}", telemetry::chain(refused));
        }
        folder
            .campaigns
            .remove(&self.campaign)
            .with_context(|| format!("there is no campaign {:?}", self.campaign))
    }
}

impl Command {
    pub(super) async fn execute(self) -> u8 {
        match self {
            Self::Validate { schema: true, .. } => {
                print!("{SCHEMA}");
                FINE
            }
            Self::Validate {
                files, campaigns, ..
            } => validate(&files, &campaigns),
            Self::Plan {
                which,
                zone,
                json,
                database,
                config,
            } => {
                answer(&config, &which, async |desk, campaign| {
                    let plan = plan(desk, campaign, zone, &database).await?;
                    if json {
                        print_json(&plan)?;
                    } else {
                        print!("{plan}");
                    }
                    Ok(plan.is_fine())
                })
                .await
            }
            Self::Preview {
                which,
                members,
                html,
                config,
            } => {
                answer(&config, &which, async |desk, campaign| {
                    let preview = preview(desk, campaign, members.into()).await?;
                    match html {
                        Some(file) => {
                            let zone = campaign.schedule().zone();
                            write_private(&file, &page(&preview, zone))?;
                            println!("{}", file.display());
                        }
                        None => print_json(&preview)?,
                    }
                    Ok(true)
                })
                .await
            }
            Self::SendTest { which, config } => {
                answer(&config, &which, async |desk, campaign| {
                    let trial = trial(desk, campaign).await?;
                    print!("{trial}");
                    Ok(trial.is_fine())
                })
                .await
            }
        }
    }
}

/// Opens the desk, does it, and answers the exit code.
async fn answer(
    config: &LookConfig,
    which: &Which,
    act: impl AsyncFnOnce(&Desk, &Campaign) -> anyhow::Result<bool>,
) -> u8 {
    let opened = telemetry::init(&config.telemetry)
        .and_then(|telemetry| Ok((telemetry, Desk::open(config)?)));
    let (_telemetry, desk) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            eprintln!("push-msg: {error:#}");
            return WRONG_SETTINGS;
        }
    };
    let done = match which.find(&config.campaigns) {
        Ok(campaign) => act(&desk, &campaign).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(true) => FINE,
        Ok(false) => ATTENTION,
        Err(error) => {
            eprintln!("push-msg: {error:#}");
            ATTENTION
        }
    }
}

fn zone(name: &str) -> Result<Zone, String> {
    name.parse()
        .map(Zone::Named)
        .map_err(|_| "not an IANA time zone such as Asia/Taipei".to_owned())
}

/// Whoever reads it may stop after the first lines.
fn print_json(document: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// It holds names: only its owner may read it, whatever lay there before.
fn write_private(file: &Path, text: &str) -> anyhow::Result<()> {
    let write = || {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = std::fs::OpenOptions::new();
        let mut opened = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(file)?;
        opened.write_all(text.as_bytes())
    };
    write().with_context(|| format!("{} cannot be written", file.display()))
}

/// How many occurrences `validate` shows.
const SHOWN: usize = 3;

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
    let next = campaign.schedule().next(Clock::system().now(), SHOWN);
    for moment in &next {
        println!("    {}", zone.show(*moment));
    }
    if next.is_empty() {
        println!("  ! schedule: lies in the past");
    }
    !next.is_empty()
}
