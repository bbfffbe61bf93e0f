use chrono::{NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use users_client::QuietHours as Hours;

use super::Zone;
use super::error::Wrong;

/// When a campaign disturbs nobody, by the clock of each member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// When.
    pub hours: Span,
    /// The clock of whoever has none of their own; without it, the campaign's.
    pub zone: Option<Zone>,
    /// What becomes of a message that falls into them.
    pub then: Then,
}

/// What becomes of a message that would disturb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// It waits until the hours are over, unless the next occurrence comes first.
    #[default]
    Defer,
    /// It is not sent to this member.
    Drop,
}

/// A part of every day. It may span midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    from: NaiveTime,
    until: NaiveTime,
}

impl Span {
    /// Two different times of day, each as `HH:MM`.
    pub fn parse(hours: &Hours) -> Option<Self> {
        let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
        let (from, until) = (time(&hours.from)?, time(&hours.until)?);
        (from != until).then_some(Self { from, until })
    }

    /// When it is over, if the clock on the wall stands in it.
    pub(crate) fn end_at(self, wall: NaiveDateTime) -> Option<NaiveDateTime> {
        let (day, time) = (wall.date(), wall.time());
        let spans_midnight = self.until < self.from;
        let tomorrow = || day.checked_add_signed(TimeDelta::days(1));
        let end = match (time < self.until, self.from <= time) {
            (true, true) => day,
            (true, false) if spans_midnight => day,
            (false, true) if spans_midnight => tomorrow()?,
            _ => return None,
        };
        Some(end.and_time(self.until))
    }
}

impl Quiet {
    pub(super) fn parse(hours: &Hours, zone: Option<&str>, then: Then) -> Result<Self, Wrong> {
        let hours = Span::parse(hours)
            .ok_or_else(|| Wrong::new("are from one time until another, each as \"HH:MM\""))?;
        let zone = zone.map(|name| {
            name.parse::<Tz>().map(Zone::Named).map_err(|_| {
                let detail = format!("{name:?} is not an IANA time zone such as Asia/Taipei");
                Wrong::new(detail).inside("zone")
            })
        });
        Ok(Self {
            hours,
            zone: zone.transpose()?,
            then,
        })
    }
}
