use chrono::{
    DateTime, Duration, DurationRound as _, FixedOffset, LocalResult, NaiveDateTime, TimeZone as _,
    Utc,
};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Direction};
use service_kit::Timestamp;

use super::{CampaignError, Zone};

/// No daylight saving moves a clock by more.
const LARGEST_SHIFT: Duration = Duration::hours(3);
/// As far as anybody looks ahead; it holds several 29 Februaries.
const FAR: std::time::Duration = std::time::Duration::from_hours(30 * 366 * 24);

/// When a campaign is due.
#[derive(Debug, Clone)]
pub enum Schedule {
    /// Once.
    At(DateTime<FixedOffset>),
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
    /// A cron expression of five fields (minute to weekday) in an IANA zone.
    pub fn cron(expression: &str, zone: &str) -> Result<Self, CampaignError> {
        let wrong = |field, detail: String| CampaignError::Field { field, detail };
        let zone = zone.parse().map_err(|_| {
            let detail = format!("{zone:?} is not an IANA time zone such as Asia/Taipei");
            wrong("schedule.zone", detail)
        })?;
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let [_, hour, ..] = fields[..] else {
            let detail = "has five fields: minute, hour, day, month, weekday".to_owned();
            return Err(wrong("schedule.cron", detail));
        };
        let cron = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build()
            .parse(expression)
            .map_err(|error| wrong("schedule.cron", error.to_string()))?;
        let recurrence = Box::new(Recurrence {
            cron,
            zone,
            by_interval: hour == "*",
        });
        if !recurrence.ever_falls() {
            let detail = "names a day that no year has".to_owned();
            return Err(wrong("schedule.cron", detail));
        }
        Ok(Self::Cron(recurrence))
    }

    /// One moment, in RFC 3339 with its offset.
    pub fn at(moment: &str) -> Result<Self, CampaignError> {
        DateTime::parse_from_rfc3339(moment)
            .map(Self::At)
            .map_err(|error| CampaignError::Field {
                field: "schedule.at",
                detail: format!(
                    "{moment:?} is not a time such as 2026-12-24T09:00:00+08:00: {error}"
                ),
            })
    }

    /// Whose clock it goes by; for a single moment, the clock that its offset tells.
    pub fn zone(&self) -> Zone {
        match self {
            Self::At(moment) => Zone::Offset(*moment.offset()),
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
            Self::At(moment) => {
                let moment = Timestamp::from_millis(moment.timestamp_millis());
                Some(moment).filter(within).into_iter().collect()
            }
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
        let stamp = |moment: DateTime<Tz>| Timestamp::from_millis(moment.timestamp_millis());
        match self.zone.from_local_datetime(&wall) {
            LocalResult::Single(moment) => vec![stamp(moment)],
            LocalResult::Ambiguous(first, second) if self.by_interval => {
                vec![stamp(first), stamp(second)]
            }
            LocalResult::Ambiguous(first, _) => vec![stamp(first)],
            LocalResult::None if self.by_interval => Vec::new(),
            LocalResult::None => self.after_gap(wall).map(stamp).into_iter().collect(),
        }
    }

    fn after_gap(&self, wall: NaiveDateTime) -> Option<DateTime<Tz>> {
        (1..=LARGEST_SHIFT.num_minutes()).find_map(|minutes| {
            self.zone
                .from_local_datetime(&(wall + Duration::minutes(minutes)))
                .earliest()
        })
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
