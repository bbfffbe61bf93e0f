//! Dates as each language writes them.

use chrono::{DateTime, Datelike as _, NaiveDate};
use chrono_tz::Tz;
use member_session::Language;

use crate::zone;

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const THAI_MONTHS: [&str; 12] = [
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
];
/// Thai calendars count from the Buddha's passing.
const BUDDHIST_ERA: i32 = 543;

/// The day on which the moment `millis` (Unix milliseconds) fell: in `zone`, else where the language is at home.
pub(crate) fn day(millis: i64, language: Language, zone: Option<Tz>) -> NaiveDate {
    DateTime::from_timestamp_millis(millis)
        .unwrap_or_default()
        .with_timezone(&zone.or(zone::home(language)).unwrap_or(Tz::UTC))
        .date_naive()
}

/// The day in words.
pub(crate) fn written(day: NaiveDate, language: Language) -> String {
    let (year, month, date) = (day.year(), day.month(), day.day());
    match language {
        Language::ZhTw => format!("{year} 年 {month} 月 {date} 日"),
        Language::Ja => format!("{year}年{month}月{date}日"),
        Language::Th => format!(
            "{date} {} พ.ศ. {}",
            THAI_MONTHS[day.month0() as usize],
            year + BUDDHIST_ERA
        ),
        Language::En => format!("{date} {} {year}", ENGLISH_MONTHS[day.month0() as usize]),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia;

    use super::*;

    /// 2026-08-07 16:30 UTC: already the eighth in Taipei and Tokyo, not yet in Bangkok.
    const EVENING: i64 = 1_786_120_200_000;

    #[test]
    fn each_language_writes_dates_its_own_way_and_in_its_own_zone() {
        for (language, expected) in [
            (Language::ZhTw, "2026 年 8 月 8 日"),
            (Language::Ja, "2026年8月8日"),
            (Language::Th, "7 สิงหาคม พ.ศ. 2569"),
            (Language::En, "7 August 2026"),
        ] {
            assert_eq!(written(day(EVENING, language, None), language), expected);
        }
    }

    #[test]
    fn the_brands_zone_comes_before_the_languages() {
        let day = day(EVENING, Language::En, Some(Asia::Taipei));
        assert_eq!(written(day, Language::En), "8 August 2026");
    }
}
