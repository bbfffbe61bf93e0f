use clap::Args;
use serde::Serialize;

use super::table::NOTHING;
use super::time::{short, span};
use super::view::{KeptView, View, keys, or_nothing};
use super::{Desk, End};

/// What to show.
#[derive(Debug, Args)]
pub struct Show {
    /// The event's ID, as `list` shows it.
    id: i64,

    /// Prints the bytes as LINE wrote them and nothing else. They hold personal data: user IDs, what people wrote.
    #[arg(long)]
    raw: bool,

    /// Bytes that were kept aside (`list --quarantined`), instead of an event.
    #[arg(long)]
    quarantined: bool,

    /// JSON: what `list --json` prints, and `keys`, the names of the event's members.
    #[arg(long, conflicts_with = "raw")]
    json: bool,
}

/// An event with the names of its members.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    view: &'a View,
    keys: Option<&'a [String]>,
}

impl Show {
    pub(super) async fn run(self, desk: &mut Desk<'_, '_>) -> anyhow::Result<End> {
        if self.quarantined {
            self.kept(desk).await
        } else {
            self.event(desk).await
        }
    }

    async fn event(self, desk: &mut Desk<'_, '_>) -> anyhow::Result<End> {
        let id = self.id;
        let Some(entry) = desk.ledger.find(id).await? else {
            desk.note(&format!("there is no event {id}"))?;
            return Ok(End::Short);
        };
        if self.raw && entry.raw.is_empty() {
            desk.note(&format!("event {id} is done, and emptied of its content"))?;
            return Ok(End::Short);
        }
        if self.raw {
            return raw(desk, &entry.raw);
        }
        let keys = keys(&entry.raw);
        let now = desk.now.as_millis();
        let view = View::new(entry, now);
        if self.json {
            let keys = keys.as_deref();
            desk.say(&serde_json::to_string(&Whole { view: &view, keys })?)?;
        } else {
            lines(desk, &about(&view, keys.as_deref(), now))?;
        }
        Ok(End::Well)
    }

    async fn kept(self, desk: &mut Desk<'_, '_>) -> anyhow::Result<End> {
        let id = self.id;
        let Some(kept) = desk.ledger.find_kept(id).await? else {
            desk.note(&format!("nothing is kept aside under {id}"))?;
            return Ok(End::Short);
        };
        if self.raw {
            return raw(desk, &kept.raw);
        }
        let view = KeptView::new(kept);
        if self.json {
            desk.say(&serde_json::to_string(&view)?)?;
            return Ok(End::Well);
        }
        let rows = [
            ("id", view.id.to_string()),
            ("reason", view.reason),
            ("received", when(view.received_at, desk.now.as_millis())),
            ("channel", view.channel),
            ("bytes", view.bytes.to_string()),
        ];
        lines(desk, &rows)?;
        Ok(End::Well)
    }
}

fn raw(desk: &mut Desk<'_, '_>, bytes: &[u8]) -> anyhow::Result<End> {
    desk.console.out.write_all(bytes)?;
    desk.say("")?;
    Ok(End::Well)
}

fn lines(desk: &mut Desk<'_, '_>, rows: &[(&str, String)]) -> std::io::Result<()> {
    for (what, said) in rows {
        desk.say(&format!("{what:<14}{said}"))?;
    }
    Ok(())
}

fn about(view: &View, keys: Option<&[String]>, now: i64) -> Vec<(&'static str, String)> {
    let reply = match (&view.reply, view.reply_attempted_at) {
        (Some(reply), Some(at)) => format!("{reply}, {}", when(at, now)),
        (reply, _) => or_nothing(reply.as_deref()),
    };
    let keys = match keys {
        Some(keys) => keys.join(" "),
        None => NOTHING.into(),
    };
    vec![
        ("id", view.id.to_string()),
        ("state", view.state.into()),
        ("attempts", view.attempts.to_string()),
        ("retries", view.retries.to_string()),
        ("error", or_nothing(view.error.as_deref())),
        ("next", view.next(now)),
        ("reply", reply),
        ("received", when(view.received_at, now)),
        ("happened", when(view.event_at, now)),
        ("channel", view.channel.clone()),
        ("key", view.key.clone()),
        ("message", or_nothing(view.message_id.as_deref())),
        ("type", or_nothing(view.event_type.as_deref())),
        ("source", or_nothing(view.source.as_deref())),
        ("bytes", view.bytes.to_string()),
        ("keys", keys),
    ]
}

fn when(millis: i64, now: i64) -> String {
    format!("{}, {} ago", short(millis), span(now - millis))
}
