//! Moments as people write them.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat};
use service_kit::Timestamp;

/// Nobody joined before 1970, and years of more than four digits have no agreed form.
const MOMENTS: std::ops::Range<i64> = 0..253_402_300_800_000;

/// Midnight UTC of a date, `2026-01-31`; or a moment of RFC 3339, `2026-01-31T09:00:00+09:00`.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let moment = match text.parse::<NaiveDate>() {
        Ok(date) if text.len() == 10 => date.and_time(NaiveTime::MIN).and_utc().timestamp_millis(),
        _ => DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis(),
    };
    MOMENTS
        .contains(&moment)
        .then(|| Timestamp::from_millis(moment))
}

pub(super) fn text(moment: Timestamp) -> String {
    let moment = DateTime::from_timestamp_millis(moment.as_millis()).unwrap_or_default();
    if moment.time() == NaiveTime::MIN {
        moment.date_naive().to_string()
    } else {
        moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}
