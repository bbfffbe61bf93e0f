use chrono::{DateTime, Duration, DurationRound as _, LocalResult, NaiveDateTime, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Direction};
use service_kit::Timestamp;

use super::Zone;
use super::document::ScheduleDocument;
use super::error::Wrong;
use super::zone::LARGEST_SHIFT;

/// How a time on the wall is written.
const WALLS: [&str; 2] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
/// As far as anybody looks ahead; it holds several 29 Februaries.
const FAR: std::time::Duration = std::time::Duration::from_hours(30 * 366 * 24);

/// When a campaign is due.
#[derive(Debug, Clone)]
pub enum Schedule {
    /// Once, and whose clock it was named by.
    At(Timestamp, Zone),
    /// Again and again.
    Cron(Box<Recurrence>),
}

/// A cron expression on the clock of a zone.
///
/// When the clock is set forward, a time of day that does not exist is due at the first moment after the gap; when
/// it is set back, a time of day that exists twice is due the first time. An expression that says `*` for the hour means
/// intervals, not times of day: it goes by real time, with neither a hole nor a double.
#[derive(Debug, Clone)]
pub struct Recurrence {
    cron: Cron,
    zone: Tz,
    by_interval: bool,
}

impl Schedule {
    pub(super) fn parse(document: &ScheduleDocument) -> Result<Self, Wrong> {
        match (&document.cron, &document.zone, &document.at) {
            (Some(cron), Some(zone), None) => Self::cron(cron, zone),
            (None, zone, Some(at)) => Self::at(at, zone.as_deref()),
            _ => Err(Wrong::new("is either cron with zone, or at")),
        }
    }

    /// A cron expression of five fields (minute to weekday) in an IANA zone.
    pub fn cron(expression: &str, zone: &str) -> Result<Self, Wrong> {
        let wrong = |detail: String| Wrong::new(detail).inside("cron");
        let zone = named(zone)?;
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let [_, hour, ..] = fields[..] else {
            let detail = "has five fields: minute, hour, day, month, weekday";
            return Err(wrong(detail.into()));
        };
        let cron = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build()
            .parse(expression)
            .map_err(|error| wrong(error.to_string()))?;
        let recurrence = Box::new(Recurrence {
            cron,
            zone,
            by_interval: hour == "*",
        });
        if !recurrence.ever_falls() {
            return Err(wrong("names a day that no year has".into()));
        }
        Ok(Self::Cron(recurrence))
    }

    /// One moment: in RFC 3339 with its offset, or as the clock of an IANA zone shows it. A time that comes twice
    /// is the first; a time that the clock skips is none.
    pub fn at(moment: &str, zone: Option<&str>) -> Result<Self, Wrong> {
        let wrong = |detail: String| Wrong::new(format!("{moment:?} {detail}")).inside("at");
        let Some(name) = zone else {
            let at = DateTime::parse_from_rfc3339(moment).map_err(|error| {
                wrong(format!(
                    "is not a time such as 2026-12-24T09:00:00+08:00: {error}"
                ))
            })?;
            let zone = Zone::Offset(*at.offset());
            return Ok(Self::At(
                Timestamp::from_millis(at.timestamp_millis()),
                zone,
            ));
        };
        let zone = Zone::Named(named(name)?);
        let wall = WALLS
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(moment, form).ok())
            .ok_or_else(|| {
                wrong("is not a time such as 2026-12-24T09:00, which a zone goes with".into())
            })?;
        match zone.moments(wall).earliest() {
            Some(at) => Ok(Self::At(at, zone)),
            None => Err(wrong(format!(
                "does not exist in {name}: the clock is set forward past it"
            ))),
        }
    }

    /// Whose clock it goes by; for a single moment with an offset, the clock that this tells.
    pub fn zone(&self) -> Zone {
        match self {
            Self::At(_, zone) => *zone,
            Self::Cron(recurrence) => Zone::Named(recurrence.zone),
        }
    }

    /// Whether it comes again.
    pub fn is_recurring(&self) -> bool {
        matches!(self, Self::Cron(_))
    }

    /// The moments after `after` and until `until`, in order.
    pub fn between(&self, after: Timestamp, until: Timestamp) -> Vec<Timestamp> {
        let within = |moment: &Timestamp| after < *moment && *moment <= until;
        match self {
            Self::At(moment, _) => Some(*moment).filter(within).into_iter().collect(),
            Self::Cron(recurrence) => {
                let last = Zone::Named(recurrence.zone).wall(until) + LARGEST_SHIFT;
                let mut moments: Vec<_> = recurrence
                    .walls_from(after)
                    .take_while(|wall| *wall <= last)
                    .flat_map(|wall| recurrence.moments(wall))
                    .filter(within)
                    .collect();
                moments.sort_unstable();
                moments.dedup();
                moments
            }
        }
    }

    /// The next `count` moments after `after`; fewer if there are no more in thirty years.
    pub fn next(&self, after: Timestamp, count: usize) -> Vec<Timestamp> {
        let mut span = std::time::Duration::from_hours(24);
        loop {
            let mut moments = self.between(after, after + span);
            if moments.len() >= count || span > FAR {
                moments.truncate(count);
                return moments;
            }
            span *= 8;
        }
    }
}

impl Recurrence {
    /// Times on the wall that match, from a little before `after`.
    fn walls_from(&self, after: Timestamp) -> impl Iterator<Item = NaiveDateTime> {
        let start = Zone::Named(self.zone).wall(after) - LARGEST_SHIFT;
        // croner carries a fraction of a second into every match; a moment must be the same whoever asks, and when.
        let start = start.duration_trunc(Duration::minutes(1)).unwrap_or(start);
        // Taken for UTC, the clock on the wall has no gaps: those are ours to judge.
        self.cron
            .iter_from(start.and_utc(), Direction::Forward)
            .map(|wall: DateTime<Utc>| wall.naive_utc())
    }

    /// The moments at which the wall shows this time: two, one or none.
    fn moments(&self, wall: NaiveDateTime) -> Vec<Timestamp> {
        let zone = Zone::Named(self.zone);
        match zone.moments(wall) {
            LocalResult::Single(moment) => vec![moment],
            LocalResult::Ambiguous(first, second) if self.by_interval => vec![first, second],
            LocalResult::Ambiguous(first, _) => vec![first],
            LocalResult::None if self.by_interval => Vec::new(),
            LocalResult::None => zone.moment(wall).into_iter().collect(),
        }
    }

    /// Whether any day matches. Eight years hold a 29 February; croner would search for millennia.
    fn ever_falls(&self) -> bool {
        (0..=366 * 8).any(|days| {
            let day = DateTime::UNIX_EPOCH + Duration::days(days);
            self.matches_day(day)
        })
    }

    fn matches_day(&self, day: DateTime<Utc>) -> bool {
        use chrono::Datelike as _;
        let pattern = &self.cron.pattern;
        pattern.month_match(day.month()).unwrap_or(false)
            && pattern
                .day_match(day.year(), day.month(), day.day())
                .unwrap_or(false)
    }
}

fn named(zone: &str) -> Result<Tz, Wrong> {
    zone.parse().map_err(|_| {
        let detail = format!("{zone:?} is not an IANA time zone such as Asia/Taipei");
        Wrong::new(detail).inside("zone")
    })
}
