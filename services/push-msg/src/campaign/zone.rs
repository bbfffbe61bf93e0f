use std::fmt;

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use service_kit::Timestamp;

/// No daylight saving moves a clock by more.
pub(super) const LARGEST_SHIFT: TimeDelta = TimeDelta::hours(3);

/// Whose clock on the wall a campaign goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// An IANA zone, with its daylight saving.
    Named(Tz),
    /// A fixed offset, as an RFC 3339 time carries it.
    Offset(FixedOffset),
}

impl Zone {
    /// What the clock on the wall shows at this moment.
    pub fn wall(self, at: Timestamp) -> NaiveDateTime {
        let utc = utc(at);
        match self {
            Self::Named(zone) => utc.with_timezone(&zone).naive_local(),
            Self::Offset(offset) => utc.with_timezone(&offset).naive_local(),
        }
    }

    /// The first moment at which the clock on the wall shows this, or has just skipped it.
    pub fn moment(self, wall: NaiveDateTime) -> Option<Timestamp> {
        (0..=LARGEST_SHIFT.num_minutes()).find_map(|minutes| {
            self.moments(wall.checked_add_signed(TimeDelta::minutes(minutes))?)
                .earliest()
        })
    }

    /// The moments at which the clock on the wall shows this: two when it is set back, none when it skips it.
    pub(super) fn moments(self, wall: NaiveDateTime) -> LocalResult<Timestamp> {
        fn stamps<Z: TimeZone>(zone: &Z, wall: NaiveDateTime) -> LocalResult<Timestamp> {
            zone.from_local_datetime(&wall)
                .map(|moment| Timestamp::from_millis(moment.timestamp_millis()))
        }
        match self {
            Self::Named(zone) => stamps(&zone, wall),
            Self::Offset(offset) => stamps(&offset, wall),
        }
    }

    /// The moment with its offset, for people: `2026-11-21 09:05:00 +08:00`.
    pub fn show(self, at: Timestamp) -> String {
        let utc = utc(at);
        match self {
            Self::Named(zone) => utc
                .with_timezone(&zone)
                .format("%Y-%m-%d %H:%M:%S %:z")
                .to_string(),
            Self::Offset(offset) => utc
                .with_timezone(&offset)
                .format("%Y-%m-%d %H:%M:%S %:z")
                .to_string(),
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(zone) => zone.name().fmt(f),
            Self::Offset(offset) => offset.fmt(f),
        }
    }
}

impl serde::Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn utc(at: Timestamp) -> DateTime<Utc> {
    // Beyond the year 262142 nothing is scheduled.
    Utc.timestamp_millis_opt(at.as_millis())
        .single()
        .unwrap_or_default()
}
