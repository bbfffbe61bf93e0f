use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use service_kit::Timestamp;

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

fn utc(at: Timestamp) -> DateTime<Utc> {
    // Beyond the year 262142 nothing is scheduled.
    Utc.timestamp_millis_opt(at.as_millis())
        .single()
        .unwrap_or_default()
}
