//! Times as people and programs read them.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;

/// Writes a moment in UTC, to the millisecond (RFC 3339).
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
pub(super) fn exact<S: Serializer>(millis: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&written(*millis, SecondsFormat::Millis))
}

/// Writes a moment, or null.
#[expect(clippy::ref_option, reason = "serde hands it over so")]
pub(super) fn exact_if_any<S: Serializer>(
    millis: &Option<i64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match millis {
        Some(millis) => exact(millis, serializer),
        None => serializer.serialize_none(),
    }
}

/// A moment in UTC, to the second (RFC 3339).
pub(super) fn short(millis: i64) -> String {
    written(millis, SecondsFormat::Secs)
}

fn written(millis: i64, format: SecondsFormat) -> String {
    DateTime::<Utc>::from_timestamp_millis(millis).map_or_else(
        || format!("{millis} ms"),
        |time| time.to_rfc3339_opts(format, true),
    )
}

/// A span in its largest whole unit.
pub(super) fn span(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// Reads a span such as `90s`, `30m`, `2h` or `3d`.
pub(super) fn parse_span(raw: &str) -> Result<Duration, &'static str> {
    const FORM: &str = "a span is a number and its unit: 90s, 30m, 2h, 3d";
    let unit = match raw.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 86_400,
        _ => return Err(FORM),
    };
    let count: u32 = raw[..raw.len() - 1].parse().map_err(|_| FORM)?;
    Ok(Duration::from_secs(u64::from(count) * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_its_unit() {
        assert_eq!(parse_span("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_span("2h"), Ok(Duration::from_hours(2)));
        assert_eq!(parse_span("3d"), Ok(Duration::from_hours(72)));
        for odd in ["", "h", "2", "2 h", "-1h", "1.5h", "2時", "9999999999d"] {
            assert!(parse_span(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_span_is_shown_in_its_largest_whole_unit() {
        let shown = [-5, 59_999, 60_000, 47 * 3_600_000, 48 * 3_600_000].map(span);
        assert_eq!(shown, ["0s", "59s", "1m", "47h", "2d"]);
    }
}
