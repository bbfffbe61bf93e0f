use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;
use service_kit::Timestamp;

use super::table::table;
use super::time::parse_span;
use super::view::{KeptView, View};
use super::{Desk, End};
use crate::store::{Filter, PAGE, Selection};

pub(super) const LONG: &str = "Lists events, the newest first: those that need a look, if you ask for no others. These are the parked \
ones, which failed five times, and the stuck ones: pending for more than a minute, or tried before without success.

Nothing personal is shown. With --json each event is one JSON object on a line of its own (JSON Lines): id, state, in_flight, \
attempts, retries, error, reply, reply_attempted_at, received_at, event_at, due_at, channel, key, message_id, type, source, \
bytes. Times are UTC; what there is not is null.";

/// What to list.
#[derive(Debug, Args)]
pub struct List {
    /// Only events that stand so, instead of those that need a look.
    #[arg(long, value_enum, value_name = "STATE")]
    state: Option<Standing>,

    /// Only what was received within this time: 90s, 30m, 2h, 3d.
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    since: Option<Duration>,

    /// Only events whose last trouble was of this kind: friendship-not-recorded, opt-out-not-recorded,
    /// reply-unanswered, inbox-failed, took-too-long, panicked, never-ended, dropped.
    #[arg(long, value_name = "KIND")]
    error: Option<String>,

    /// Only events of this type: message, follow, postback, …
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,

    /// Only events of this person, group or room, by LINE's ID. What is done belongs to nobody any more.
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,

    /// No more than this many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,

    /// Signed bytes that are no events, instead of events: id, reason, `received_at`, channel, bytes.
    #[arg(long, conflicts_with_all = ["state", "error", "event_type", "conversation"])]
    quarantined: bool,

    /// JSON Lines instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Standing {
    /// To be acted on.
    Pending,
    /// Given up after five attempts.
    Parked,
    /// Too old when they came; never acted on.
    Stale,
    /// Finished; emptied of their content.
    Done,
    /// Whatever their state.
    All,
}

impl From<Standing> for Selection {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Pending => Self::Pending,
            Standing::Parked => Self::Parked,
            Standing::Stale => Self::Stale,
            Standing::Done => Self::Done,
            Standing::All => Self::All,
        }
    }
}

/// As much as was asked for, and whether there is more.
struct Found<T> {
    rows: Vec<T>,
    more: bool,
}

impl List {
    pub(super) async fn run(self, desk: &mut Desk<'_, '_>) -> anyhow::Result<End> {
        let now = desk.now.as_millis();
        if self.quarantined {
            let found = self.kept(desk).await?;
            self.print(desk, &found, KeptView::HEADINGS, |view| view.cells(now))?;
        } else {
            let found = self.events(desk).await?;
            self.print(desk, &found, View::HEADINGS, |view| view.cells(now))?;
        }
        Ok(End::Well)
    }

    async fn events(&self, desk: &mut Desk<'_, '_>) -> anyhow::Result<Found<View>> {
        let filter = Filter {
            selection: self.state.map(Selection::from).unwrap_or_default(),
            since: self.oldest(desk.now),
            error: self.error.clone(),
            conversation: self.conversation.clone(),
        };
        let (mut found, mut below) = (Found::none(), i64::MAX);
        loop {
            let page = desk.ledger.page(&filter, below, desk.now).await?;
            let is_last = page.len() < PAGE;
            for entry in page {
                below = entry.event_id;
                let view = View::new(entry, desk.now.as_millis());
                let fits = self.event_type.is_none() || self.event_type == view.event_type;
                if fits && !found.take(view, self.limit) {
                    return Ok(found);
                }
            }
            if is_last {
                return Ok(found);
            }
        }
    }

    async fn kept(&self, desk: &mut Desk<'_, '_>) -> anyhow::Result<Found<KeptView>> {
        let since = self.oldest(desk.now);
        let (mut found, mut below) = (Found::none(), i64::MAX);
        loop {
            let page = desk.ledger.kept_page(since, below).await?;
            let is_last = page.len() < PAGE;
            for kept in page {
                below = kept.quarantine_id;
                if !found.take(KeptView::new(kept), self.limit) {
                    return Ok(found);
                }
            }
            if is_last {
                return Ok(found);
            }
        }
    }

    fn oldest(&self, now: Timestamp) -> Timestamp {
        self.since
            .map_or_else(Timestamp::default, |span| now - span)
    }

    fn print<T: Serialize, const N: usize>(
        &self,
        desk: &mut Desk<'_, '_>,
        found: &Found<T>,
        headings: [&str; N],
        cells: impl Fn(&T) -> [String; N],
    ) -> anyhow::Result<()> {
        if self.json {
            for row in &found.rows {
                desk.say(&serde_json::to_string(row)?)?;
            }
        } else if !found.rows.is_empty() {
            let rows: Vec<_> = found.rows.iter().map(cells).collect();
            for line in table(headings, &rows) {
                desk.say(&line)?;
            }
        }
        if found.rows.is_empty() {
            desk.note(self.nothing())?;
        } else if found.more {
            desk.note(&format!(
                "{} shown, and there are more: choose with --since, --state, --error or --type, or raise --limit",
                found.rows.len()
            ))?;
        }
        Ok(())
    }

    fn nothing(&self) -> &'static str {
        let chosen = self.state.is_some()
            || self.since.is_some()
            || self.error.is_some()
            || self.event_type.is_some()
            || self.conversation.is_some();
        match (self.quarantined, chosen) {
            (true, _) => "nothing was kept aside",
            (false, true) => "no such events",
            (false, false) => "no event is parked or stuck",
        }
    }
}

impl<T> Found<T> {
    fn none() -> Self {
        Self {
            rows: Vec::new(),
            more: false,
        }
    }

    /// False: it is full, and this was one more.
    fn take(&mut self, row: T, limit: u32) -> bool {
        self.more = self.rows.len() >= limit as usize;
        if !self.more {
            self.rows.push(row);
        }
        !self.more
    }
}
