//! `status`, `pause`, `resume`, `cancel` and `retry`: what an operator sees of the ledger and does about it, beside whatever
//! sends.

use clap::{Args, Subcommand};
use service_kit::database::DatabaseConfig;
use service_kit::telemetry::chain;
use service_kit::{Clock, Profile, Timestamp};

use super::{ATTENTION, FINE, WRONG_SETTINGS, report};
use crate::campaign::Zone;
use crate::store::{BODIES, LedgerError, Listing, OccurrenceView, OpenError, Refusal, Store};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show how far every occurrence is that is not over.
    Status {
        /// Of this campaign alone.
        campaign: Option<String>,
        /// Those that are over as well.
        #[arg(long)]
        all: bool,
        /// How many at most, the latest.
        #[arg(long, default_value_t = 100)]
        limit: i64,
        /// As JSON. Times are in milliseconds.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        database: DatabaseConfig,
    },
    /// Begin nothing new of an occurrence until it is resumed. What was begun comes to its end.
    Pause(Which),
    /// Let an occurrence go on that was paused, or that waits for quota.
    Resume(Which),
    /// End an occurrence: nothing new of it is begun any more. What was begun comes to its end.
    Cancel(Which),
    /// Send again what LINE refused, and what never left in time, within a day after the occurrence was over.
    Retry {
        #[command(flatten)]
        which: Which,
        /// Also what LINE may have accepted: whoever got it then gets it twice.
        #[arg(long)]
        in_doubt: bool,
    },
    /// Say, before anything is sent from it, that the ledger comes from a backup: what may have been sent since is in doubt, and
    /// nothing is begun that was due before now.
    Restored {
        #[command(flatten)]
        database: DatabaseConfig,
        /// How careful to be.
        #[arg(long, env, value_enum, default_value_t)]
        profile: Profile,
    },
    /// Show what became of every member of an occurrence. LINE says accepted; it never says delivered.
    Report {
        #[command(flatten)]
        which: Which,
        /// How.
        #[arg(long, value_enum, default_value_t)]
        format: report::Format,
    },
}

/// One occurrence.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its number, as `status` shows it, or the name of a campaign: its latest occurrence.
    occurrence: String,
    #[command(flatten)]
    database: DatabaseConfig,
}

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum OperateError {
    #[error(transparent)]
    Setting(#[from] service_kit::secret::SecretError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("there is no occurrence {0}; `status --all` shows them")]
    None(String),
    #[error("occurrence {0}: {1}")]
    Refused(i64, Refusal),
    #[error("the answer cannot be written")]
    Output(#[from] std::io::Error),
}

impl Command {
    pub(super) async fn execute(self) -> u8 {
        match self.act().await {
            Ok(()) => FINE,
            Err(error) => {
                eprintln!("push-msg: {}", chain(&error));
                match error {
                    OperateError::Setting(_) | OperateError::Open(_) => WRONG_SETTINGS,
                    _ => ATTENTION,
                }
            }
        }
    }

    async fn act(self) -> Result<(), OperateError> {
        let now = Clock::system().now();
        match self {
            Self::Status {
                campaign,
                all,
                limit,
                json,
                database,
            } => {
                let listing = Listing {
                    campaign: campaign.as_deref(),
                    all,
                    id: None,
                    limit,
                };
                status(&open(&database).await?, &listing, json).await
            }
            Self::Pause(which) => {
                let (store, found) = which.find().await?;
                done(&found, store.pause(found.id).await?, "is paused")
            }
            Self::Resume(which) => {
                let (store, found) = which.find().await?;
                done(&found, store.resume(found.id).await?, "goes on")
            }
            Self::Cancel(which) => {
                let (store, found) = which.find().await?;
                done(&found, store.cancel(found.id, now).await?, "is cancelled")
            }
            Self::Retry { which, in_doubt } => {
                let (store, found) = which.find().await?;
                let retried = store.retry(found.id, in_doubt, now, now - BODIES).await?;
                done(&found, retried, "is sent again by the next run")
            }
            Self::Restored { database, profile } => {
                // Alone, and brought up to date: the program may be newer than the backup.
                let store = Store::open(&database.url()?, profile).await?;
                let doubtful = store.restored(now).await?;
                println!("{doubtful} occurrences need attention; what is due from now on is sent");
                Ok(())
            }
            Self::Report { which, format } => {
                let (store, found) = which.find().await?;
                report::write(&store, &found, format).await
            }
        }
    }
}

impl Which {
    async fn find(&self) -> Result<(Store, OccurrenceView), OperateError> {
        let store = open(&self.database).await?;
        let id = self.occurrence.parse().ok();
        let listing = Listing {
            campaign: id.is_none().then_some(self.occurrence.as_str()),
            all: true,
            id,
            limit: 1,
        };
        let found = store.list(&listing).await?.pop();
        let found = found.ok_or_else(|| OperateError::None(self.occurrence.clone()))?;
        Ok((store, found))
    }
}

async fn open(database: &DatabaseConfig) -> Result<Store, OperateError> {
    Ok(Store::open_beside(&database.url()?).await?)
}

fn done(found: &OccurrenceView, refusal: Option<Refusal>, what: &str) -> Result<(), OperateError> {
    if let Some(refusal) = refusal {
        return Err(OperateError::Refused(found.id, refusal));
    }
    let at = show(found.scheduled_at);
    println!(
        "occurrence {} ({} of {at}) {what}",
        found.id, found.campaign
    );
    Ok(())
}

async fn status(store: &Store, listing: &Listing<'_>, json: bool) -> Result<(), OperateError> {
    let occurrences = store.list(listing).await?;
    if json {
        let text = serde_json::to_string_pretty(&occurrences).map_err(std::io::Error::from)?;
        println!("{text}");
        return Ok(());
    }
    if occurrences.is_empty() {
        println!("nothing is under way; --all shows what is over");
        return Ok(());
    }
    println!(
        "{:>6}  {:<24} {:<26} {:<16} {:>9} {:>9} {:>7} {:>8} {:>8} {:>9}",
        "number",
        "campaign",
        "of",
        "state",
        "recipients",
        "accepted",
        "failed",
        "in doubt",
        "waiting",
        "excluded"
    );
    for it in &occurrences {
        println!(
            "{:>6}  {:<24} {:<26} {:<16} {:>9} {:>9} {:>7} {:>8} {:>8} {:>9}",
            it.id,
            it.campaign,
            show(it.scheduled_at),
            it.standing(),
            it.recipients,
            it.accepted,
            it.failed,
            it.in_doubt,
            it.waiting,
            it.excluded
        );
        if let Some(reason) = &it.reason {
            println!("        {reason}");
        }
    }
    Ok(())
}

/// A moment for people, in UTC: the ledger's clock.
pub(super) fn show(millis: i64) -> String {
    Zone::Named(chrono_tz::UTC).show(Timestamp::from_millis(millis))
}
