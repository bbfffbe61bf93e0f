//! Time zones that members choose from.

use chrono::{DateTime, Offset as _};
use chrono_tz::{Asia, Tz};
use member_session::Language;
use service_kit::Timestamp;

/// Zones and the names of their texts, from east to west. Whoever has another one keeps it.
pub(crate) const OFFERED: [(&str, &str); 22] = [
    ("Pacific/Auckland", "auckland"),
    ("Australia/Sydney", "sydney"),
    ("Asia/Tokyo", "tokyo"),
    ("Asia/Seoul", "seoul"),
    ("Asia/Taipei", "taipei"),
    ("Asia/Hong_Kong", "hong_kong"),
    ("Asia/Shanghai", "shanghai"),
    ("Asia/Manila", "manila"),
    ("Asia/Kuala_Lumpur", "kuala_lumpur"),
    ("Asia/Singapore", "singapore"),
    ("Asia/Bangkok", "bangkok"),
    ("Asia/Ho_Chi_Minh", "ho_chi_minh"),
    ("Asia/Jakarta", "jakarta"),
    ("Asia/Kolkata", "kolkata"),
    ("Asia/Dubai", "dubai"),
    ("Europe/Berlin", "berlin"),
    ("Europe/London", "london"),
    ("America/Sao_Paulo", "sao_paulo"),
    ("America/New_York", "new_york"),
    ("America/Chicago", "chicago"),
    ("America/Los_Angeles", "los_angeles"),
    ("Pacific/Honolulu", "honolulu"),
];

/// Where a language is at home; English is everywhere.
pub(crate) const fn home(language: Language) -> Option<Tz> {
    match language {
        Language::ZhTw => Some(Asia::Taipei),
        Language::Ja => Some(Asia::Tokyo),
        Language::Th => Some(Asia::Bangkok),
        Language::En => None,
    }
}

/// How far the clocks of `zone` are ahead of UTC at `now`: `UTC+8`, `UTC+5:30`, `UTC−3`. None for what is no zone.
pub(crate) fn offset(zone: &str, now: Timestamp) -> Option<String> {
    let zone: Tz = zone.parse().ok()?;
    let now = DateTime::from_timestamp_millis(now.as_millis())?.with_timezone(&zone);
    let minutes = now.offset().fix().local_minus_utc() / 60;
    let sign = if minutes < 0 { '\u{2212}' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    Some(if minutes == 0 {
        format!("UTC{sign}{hours}")
    } else {
        format!("UTC{sign}{hours}:{minutes:02}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-08-07: summer in the north.
    const AUGUST: Timestamp = Timestamp::from_seconds(1_786_120_200);

    #[test]
    fn every_zone_that_is_offered_is_one_and_they_stand_from_east_to_west() {
        let now = DateTime::from_timestamp_millis(AUGUST.as_millis()).unwrap();
        let offsets: Vec<i32> = OFFERED
            .iter()
            .map(|(zone, _)| zone.parse::<Tz>().unwrap())
            .map(|zone| now.with_timezone(&zone).offset().fix().local_minus_utc())
            .collect();
        assert!(
            offsets.is_sorted_by(|east, west| east >= west),
            "{offsets:?}"
        );
    }

    #[test]
    fn offsets_are_those_of_the_day() {
        for (zone, expected) in [
            ("Asia/Taipei", Some("UTC+8")),
            ("Asia/Kolkata", Some("UTC+5:30")),
            ("America/New_York", Some("UTC\u{2212}4")),
            ("Etc/UTC", Some("UTC+0")),
            ("Mars/Base", None),
        ] {
            assert_eq!(offset(zone, AUGUST).as_deref(), expected);
        }
    }
}
