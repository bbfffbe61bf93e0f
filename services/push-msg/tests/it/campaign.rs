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
#[case::kind("type: text", "typ: text", "messages[0]: `type` is missing")]
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
            "messages[0]: `text` must have 1 to 5000",
        ),
        (
            format!(
                "{head}  - type: image\n    originalContentUrl: http://a.example/1.png\n    previewImageUrl: http://a.example/1.png\n"
            ),
            "messages[0]: addresses of media must be https",
        ),
    ];
    for (yaml, says) in cases {
        let complaint = complaint(&yaml);
        assert!(complaint.contains(says), "{complaint}");
    }
}

#[test]
fn p25_doubled_braces_are_braces() {
    let yaml = TODAY.replace("Today is {date}.", "{{name}} {{{date}}}");
    let campaign = Campaign::parse(&yaml).unwrap();
    let messages = campaign
        .messages_at(moment("2026-11-20T16:05:00Z"))
        .unwrap();
    let json = serde_json::to_value(&messages).unwrap();
    assert_eq!(json[0]["text"], "{name} {2026/11/21}\nTime is 00:05:00.");
}

#[test]
fn messages_of_other_types_pass_as_they_are() {
    let flex =
        "  - type: flex\n    altText: \"{date}\"\n    contents: {type: bubble, size: \"{x}\"}\n";
    let campaign = Campaign::parse(&format!("{TODAY}{flex}")).unwrap();
    let messages = campaign
        .messages_at(moment("2026-11-20T16:05:00Z"))
        .unwrap();
    let json = serde_json::to_value(&messages).unwrap();
    assert_eq!(json[1]["altText"], "{date}");
    assert_eq!(json[1]["contents"]["size"], "{x}");
}
