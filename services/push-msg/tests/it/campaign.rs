//! Campaign documents, good and bad.

use push_msg::campaign::Campaign;
use rstest::rstest;
use service_kit::telemetry;

use crate::stage::{TODAY, moment};

fn complaint(yaml: &str) -> String {
    telemetry::chain(&Campaign::parse(yaml).unwrap_err())
}

#[rstest]
#[case::name(
    "name: today",
    "name: To day",
    "name: \"To day\" is not 1 to 60 of a-z, 0-9 and -"
)]
#[case::unknown_field("name: today", "nmae: today", "unknown field `nmae`")]
#[case::zone(
    "Asia/Taipei",
    "Asia/Taipeh",
    "schedule.zone: \"Asia/Taipeh\" is not an IANA time zone"
)]
#[case::cron("*/5 * * * *", "*/5 * * *", "schedule.cron:")]
#[case::cron_range("*/5 * * * *", "61 * * * *", "schedule.cron:")]
#[case::seconds("*/5 * * * *", "0 */5 * * * *", "schedule.cron:")]
#[case::nickname("*/5 * * * *", "@daily", "schedule.cron: has five fields")]
#[case::no_such_day(
    "*/5 * * * *",
    "0 0 30 2 *",
    "schedule.cron: names a day that no year has"
)]
#[case::unquoted("\"*/5 * * * *\"", "*/5 * * * *", "in quotes")]
#[case::cron_and_at(
    "zone: Asia/Taipei",
    "zone: Asia/Taipei\n  at: 2026-12-24T09:00:00+08:00",
    "schedule: is either cron with zone, or at"
)]
#[case::window(
    "not_after: 5m",
    "not_after: soon",
    "not_after: \"soon\" is not a span such as 90s, 5m or 2h"
)]
#[case::long_window("not_after: 5m", "not_after: 13h", "not_after: is from 1m to 12h")]
#[case::no_window("not_after: 5m", "not_after: \"\"", "not_after: \"\" is not a span")]
#[case::purpose(
    "consent: news",
    "consent: \"\"",
    "audience.consent: \"\" is not 1 to 40"
)]
#[case::variable(
    "{date}",
    "{dat}",
    "messages[0].text: {dat} is not a variable; {date} and {time} are"
)]
#[case::brace("{date}.", "{date", "messages[0].text:")]
#[case::topic(
    "consent: news",
    "consent: news\n  topic: All news",
    "audience.topic: \"All news\" is not 1 to 40"
)]
#[case::segment(
    "consent: news",
    "consent: news\n  segment: \"\"",
    "audience.segment: has 1 to 4096 bytes"
)]
#[case::segments(
    "consent: news",
    "consent: news\n  segment: 7",
    "audience: a segment is expected, or a list of segments"
)]
#[case::fallback_of_date(
    "{date}",
    "{date|today}",
    "messages[0].text: {date} always has a value"
)]
#[case::kind_of_attribute(
    "{date}",
    "{attribute.age:years}",
    "{attribute.age:years} is not a variable"
)]
#[case::kind_unknown(
    "type: text",
    "type: txet",
    "messages[0].type: \"txet\" is none of text,"
)]
#[case::kind("type: text", "typ: text", "messages[0].type: is missing")]
#[tokio::test]
async fn p04_what_is_wrong_is_said_with_the_field(
    #[case] right: &str,
    #[case] wrong: &str,
    #[case] says: &str,
) {
    assert!(TODAY.contains(right));
    let complaint = complaint(&TODAY.replacen(right, wrong, 1));
    assert!(complaint.contains(says), "{complaint}");
}

#[test]
fn p02_no_message_six_messages_or_a_text_too_long_are_refused() {
    let (head, message) = TODAY.split_at(TODAY.find("  - type").unwrap());
    let cases = [
        (head.replace("messages:", "messages: []"), "1 to 5 messages"),
        (format!("{head}{}", message.repeat(6)), "1 to 5 messages"),
        (
            format!("{head}  - type: text\n    text: {}\n", "x".repeat(5001)),
            "messages[0].text: must have 1 to 5000",
        ),
        (
            format!(
                "{head}  - type: image\n    originalContentUrl: http://a.example/1.png\n    previewImageUrl: http://a.example/1.png\n"
            ),
            "messages[0].originalContentUrl: must be an address (https)",
        ),
    ];
    for (yaml, says) in cases {
        let complaint = complaint(&yaml);
        assert!(complaint.contains(says), "{complaint}");
    }
}

/// The moment of the clocks in New York: from 02:00 to 03:00 on 8 March 2026, from 02:00 back to 01:00 on 1 November.
#[rstest]
#[case::offset("at: 2026-12-24T09:00:00+08:00", Ok("2026-12-24 09:00:00 +08:00"))]
#[case::local(
    "{at: 2026-12-24T09:00, zone: Asia/Taipei}",
    Ok("2026-12-24 09:00:00 +08:00")
)]
#[case::twice(
    "{at: 2026-11-01T01:30, zone: America/New_York}",
    Ok("2026-11-01 01:30:00 -04:00")
)]
#[case::gap(
    "{at: 2026-03-08T02:30, zone: America/New_York}",
    Err("schedule.at: \"2026-03-08T02:30\" does not exist in America/New_York")
)]
#[case::bad_zone(
    "{at: 2026-12-24T09:00, zone: Taipei}",
    Err("schedule.zone: \"Taipei\" is not an IANA")
)]
#[case::no_offset(
    "at: 2026-12-24T09:00",
    Err("schedule.at: \"2026-12-24T09:00\" is not a time such as")
)]
#[case::both(
    "{at: \"2026-12-24T09:00:00+08:00\", zone: Asia/Taipei}",
    Err(
        "schedule.at: \"2026-12-24T09:00:00+08:00\" is not a time such as 2026-12-24T09:00, which a zone goes with"
    )
)]
fn p04_a_single_moment_is_one_that_exists(
    #[case] schedule: &str,
    #[case] expected: Result<&str, &str>,
) {
    let schedule = if schedule.starts_with('{') {
        format!("schedule: {schedule}\n")
    } else {
        format!("schedule:\n  {schedule}\n")
    };
    let tail = TODAY.split_once("not_after").unwrap().1;
    let yaml = format!("name: today\n{schedule}not_after{tail}");
    match (Campaign::parse(&yaml), expected) {
        (Ok(campaign), Ok(expected)) => {
            let next = campaign.schedule().next(moment("2026-01-01T00:00:00Z"), 2);
            let zone = campaign.schedule().zone();
            let shown: Vec<_> = next.into_iter().map(|at| zone.show(at)).collect();
            assert_eq!(shown, [expected]);
        }
        (Err(error), Err(expected)) => {
            let complaint = telemetry::chain(&error);
            assert!(complaint.contains(expected), "{complaint}");
        }
        (other, _) => panic!("{other:?}"),
    }
}

/// Counted by hand: line and column of what is wrong.
#[rstest]
#[case::field("name: today", "name: To day", (2, 7))]
#[case::unknown_field("not_after: 5m", "not_afer: 5m", (6, 1))]
#[case::nested("zone: Asia/Taipei", "zone: Asia/Taipeh", (5, 9))]
#[case::variable("{date}", "{dat}", (11, 11))]
#[case::missing("    text: |-\n      Today is {date}.\n      Time is {time}.\n", "", (10, 5))]
#[case::flex(
    "  - type: text",
    "  - type: flex\n    altText: a\n    contents:\n      type: bubble\n      body:\n        type: box\n        layout: diagonal\n  - type: text",
    (16, 17)
)]
#[case::variant(
    "messages:",
    "variants:\n  ja:\n    - type: text\n      text: \"\"\nmessages:",
    (12, 13)
)]
fn p02_the_place_of_what_is_wrong_is_told(
    #[case] right: &str,
    #[case] wrong: &str,
    #[case] place: (usize, usize),
) {
    assert!(TODAY.contains(right));
    let yaml = TODAY.replacen(right, wrong, 1);
    let error = Campaign::parse(&yaml).unwrap_err();
    let told = error.place().map(|at| (at.line, at.column));
    assert_eq!(told, Some(place), "{error}\n{yaml}");
}

#[rstest]
#[case::hours(
    "quiet_hours: {from: \"21:00\", until: \"21:00\"}",
    "quiet_hours: are from one time"
)]
#[case::hours_zone(
    "quiet_hours: {from: \"21:00\", until: \"08:00\", zone: Mars}",
    "quiet_hours.zone: \"Mars\" is not an IANA"
)]
#[case::then(
    "quiet_hours: {from: \"21:00\", until: \"08:00\", then: wait}",
    "unknown variant `wait`"
)]
#[case::cap(
    "frequency_cap: {messages: 0, within: 7d}",
    "frequency_cap.messages: is at least 1"
)]
#[case::cap_span(
    "frequency_cap: {messages: 1, within: 40d}",
    "frequency_cap.within: is from 1m to 31d"
)]
#[case::quota("over_quota: perhaps", "unknown variant `perhaps`")]
#[case::tag(
    "variants: {japanisch!: [{type: text, text: a}]}",
    "variants.japanisch!: \"japanisch!\" is not"
)]
#[case::twice(
    "language: JA\nvariants: {ja: [{type: text, text: a}]}",
    "variants.ja: the language has messages already"
)]
#[case::empty("variants: {ja: []}", "variants.ja: 1 to 5 messages")]
#[case::test_list("test_list: []", "test_list: has 1 to 4096 bytes")]
fn p04_what_is_optional_is_checked_too(#[case] line: &str, #[case] says: &str) {
    let complaint = complaint(&format!("{line}\n{TODAY}"));
    assert!(complaint.contains(says), "{complaint}");
}
