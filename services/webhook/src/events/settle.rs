use std::time::Duration;

use clap::Args;

use super::{Desk, End, events};
use crate::store::{Change, Refusal};

/// So many events are changed in one transaction: whoever serves the file waits that long, not longer.
const GROUP: usize = 500;

/// Between two of them, so that others get their turn.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) const RETRY: &str = "Has events tried again, at once and with all five attempts: parked ones, and pending ones that nobody \
works on. A running server takes them up within a second.

Follows, unfollows and messages that were taken back are recorded late but rightly: the newest wins. Reply tokens are dead by \
then: an answer goes out only if BOT_PUSH_FALLBACK is on and no reply was ever tried.";

pub(super) const DROP: &str = "Finishes events without acting on them: parked ones, and pending ones that nobody works on. Their content \
goes for good; their keys stay for 30 days, so that LINE may deliver them again and nothing comes of it.";

/// What to try again.
#[derive(Debug, Args)]
pub struct Retry {
    #[command(flatten)]
    which: Which,
}

/// What to drop.
#[derive(Debug, Args)]
pub struct Discard {
    #[command(flatten)]
    which: Which,

    /// Does not ask first.
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
struct Which {
    /// The events' IDs, as `list` shows them.
    #[arg(value_name = "ID", required_unless_present = "all_parked")]
    ids: Vec<i64>,

    /// All that are parked.
    #[arg(long, conflicts_with = "ids")]
    all_parked: bool,

    /// Only those of them whose last trouble was of this kind, as `list` shows it.
    #[arg(
        long,
        value_name = "KIND",
        requires = "all_parked",
        conflicts_with = "ids"
    )]
    error: Option<String>,
}

impl Retry {
    pub(super) async fn run(self, desk: &mut Desk<'_, '_>) -> anyhow::Result<End> {
        let (count, end) = self.which.change(desk, Change::Retry).await?;
        desk.say(&format!("{} will be tried again", events(count)))?;
        Ok(end)
    }
}

impl Discard {
    pub(super) async fn run(self, desk: &mut Desk<'_, '_>) -> anyhow::Result<End> {
        if !self.yes {
            let count = self.which.count(desk).await?;
            match desk.ask(count)? {
                None => {
                    desk.note("drop needs --yes where nobody can be asked")?;
                    return Ok(End::Misused);
                }
                Some(false) => {
                    desk.note("nothing was dropped")?;
                    return Ok(End::Short);
                }
                Some(true) => {}
            }
        }
        let (count, end) = self.which.change(desk, Change::Drop).await?;
        desk.say(&format!("{} dropped", events(count)))?;
        Ok(end)
    }
}

impl Which {
    /// How many events this is about.
    async fn count(&self, desk: &mut Desk<'_, '_>) -> anyhow::Result<usize> {
        if self.all_parked {
            let count = desk.ledger.count_parked(self.error.as_deref()).await?;
            Ok(usize::try_from(count)?)
        } else {
            Ok(self.ids.len())
        }
    }

    /// Changes them, and says which were left as they are. Gives the number of those that were changed.
    async fn change(
        mut self,
        desk: &mut Desk<'_, '_>,
        change: Change,
    ) -> anyhow::Result<(usize, End)> {
        if self.all_parked {
            return self.change_parked(desk, change).await;
        }
        self.ids.sort_unstable();
        self.ids.dedup();
        let (mut count, mut end) = (0, End::Well);
        for (group, ids) in self.ids.chunks(GROUP).enumerate() {
            if group > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let left = desk.ledger.change(change, ids, desk.now).await?;
            count += ids.len() - left.len();
            for (id, refusal) in left {
                desk.note(&reason(id, refusal))?;
                end = End::Short;
            }
        }
        Ok((count, end))
    }

    /// What was settled by others meanwhile is not missed.
    async fn change_parked(
        &self,
        desk: &mut Desk<'_, '_>,
        change: Change,
    ) -> anyhow::Result<(usize, End)> {
        let (mut count, mut above) = (0, i64::MIN);
        let limit = i64::try_from(GROUP)?;
        loop {
            let error = self.error.as_deref();
            let ids = desk.ledger.parked(error, above, limit).await?;
            let Some(last) = ids.last() else {
                return Ok((count, End::Well));
            };
            above = *last;
            let left = desk.ledger.change(change, &ids, desk.now).await?;
            count += ids.len() - left.len();
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Desk<'_, '_> {
    /// Asks whether so many events are really to be dropped. None: there is nobody to ask.
    fn ask(&mut self, count: usize) -> std::io::Result<Option<bool>> {
        let question = format!("Drop {}, and what is in them? [y/N] ", events(count));
        let Some(answers) = &mut self.console.answers else {
            return Ok(None);
        };
        write!(self.console.notes, "{question}")?;
        self.console.notes.flush()?;
        let mut answer = String::new();
        answers.read_line(&mut answer)?;
        Ok(Some(matches!(
            answer.trim().to_ascii_lowercase().as_str(),
            "y" | "yes"
        )))
    }
}

fn reason(id: i64, refusal: Refusal) -> String {
    match refusal {
        Refusal::Unknown => format!("there is no event {id}"),
        Refusal::InFlight => {
            format!("event {id} is being worked on at this moment; ask again in a minute")
        }
        Refusal::Done => format!("event {id} is done, and emptied of its content"),
        Refusal::Stale => {
            format!("event {id} is stale: it was too old when it came, and is never acted on")
        }
    }
}
