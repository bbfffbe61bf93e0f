//! When a member may be disturbed.

use push_msg::campaign::Campaign;
use push_msg::compose::Moment;
use rstest::rstest;
use users_client::QuietHours;

use crate::stage::{TODAY, moment};

const NIGHT: &str = "quiet_hours: {from: \"21:00\", until: \"08:00\"}";
const DROP: &str = "quiet_hours: {from: \"21:00\", until: \"08:00\", then: drop}";
const OF_BERLIN: &str = "quiet_hours: {from: \"21:00\", until: \"08:00\", zone: Europe/Berlin}";

fn judged(rule: &str, zone: Option<&str>, own: Option<(&str, &str)>, now: &str) -> Moment {
    judged_of("*/5 9 1 1 *", rule, zone, own, now)
}

fn judged_of(
    cron: &str,
    rule: &str,
    zone: Option<&str>,
    own: Option<(&str, &str)>,
    now: &str,
) -> Moment {
    let yaml = TODAY.replace("*/5 * * * *", cron);
    let campaign = Campaign::parse(&format!("{yaml}{rule}\n")).unwrap();
    let edition = campaign.edition(moment(now)).unwrap();
    let own = own.map(|(from, until)| QuietHours {
        from: from.into(),
        until: until.into(),
    });
    edition.moment_for(zone, own.as_ref(), moment(now))
}

fn later(at: &str) -> Moment {
    Moment::Later(moment(at))
}

// 13:00 UTC is 21:00 in Taipei, 14:00 in Berlin and 08:00 in New York.
#[rstest]
#[case::campaigns_zone(NIGHT, None, later("2026-11-22T00:00:00Z"))]
#[case::members_zone(NIGHT, Some("Asia/Taipei"), later("2026-11-22T00:00:00Z"))]
#[case::awake(NIGHT, Some("Europe/Berlin"), Moment::Now)]
#[case::just_awake(NIGHT, Some("America/New_York"), Moment::Now)]
#[case::given_zone(OF_BERLIN, None, Moment::Now)]
#[case::unknown_zone(NIGHT, Some("Mars/Base"), later("2026-11-22T00:00:00Z"))]
#[case::dropped(DROP, None, Moment::Never("their quiet hours"))]
#[case::not_dropped(DROP, Some("Europe/Berlin"), Moment::Now)]
#[case::no_rule("", None, Moment::Now)]
fn quiet_hours_go_by_the_members_clock(
    #[case] rule: &str,
    #[case] zone: Option<&str>,
    #[case] expected: Moment,
) {
    assert_eq!(judged(rule, zone, None, "2026-11-21T13:00:00Z"), expected);
}

#[rstest]
#[case::before("2026-11-21T12:59:59Z", Moment::Now)]
#[case::begins("2026-11-21T13:00:00Z", later("2026-11-22T00:00:00Z"))]
#[case::after_midnight("2026-11-21T17:00:00Z", later("2026-11-22T00:00:00Z"))]
#[case::last_moment("2026-11-21T23:59:59Z", later("2026-11-22T00:00:00Z"))]
#[case::over("2026-11-22T00:00:00Z", Moment::Now)]
fn quiet_hours_span_midnight(#[case] now: &str, #[case] expected: Moment) {
    assert_eq!(judged(NIGHT, None, None, now), expected);
}

#[test]
fn a_members_own_quiet_hours_count_with_and_without_the_campaigns() {
    let own = Some(("06:00", "10:00"));
    let now = "2026-11-21T23:00:00Z"; // 07:00 in Taipei
    assert_eq!(judged("", None, own, now), later("2026-11-22T02:00:00Z"));
    // The night ends at 08:00, when their own hours have begun.
    let night = "2026-11-21T13:00:00Z";
    assert_eq!(
        judged(NIGHT, None, own, night),
        later("2026-11-22T02:00:00Z")
    );
    let never = Moment::Never("their quiet hours cover the day");
    assert_eq!(judged(NIGHT, None, Some(("08:00", "21:00")), night), never);
    assert_eq!(
        judged(DROP, None, own, now),
        Moment::Never("their quiet hours")
    );
}

/// Otherwise a message of every five minutes would come a hundredfold in the morning.
#[test]
fn nothing_waits_longer_than_until_the_next_occurrence() {
    let now = "2026-11-21T13:00:00Z";
    let never = Moment::Never("their quiet hours last until the next occurrence");
    assert_eq!(judged_of("*/5 * * * *", NIGHT, None, None, now), never);
    let daily = "0 21 * * *";
    assert_eq!(
        judged_of(daily, NIGHT, None, None, now),
        later("2026-11-22T00:00:00Z")
    );
}

/// In New York the clock skips from 02:00 to 03:00 on 8 March 2026, and shows 01:00 to 02:00 twice on 1 November.
#[rstest]
#[case::gap(("00:00", "02:30"), "2026-03-08T06:30:00Z", "2026-03-08T07:00:00Z")]
#[case::twice(("23:00", "01:30"), "2026-11-01T04:30:00Z", "2026-11-01T05:30:00Z")]
fn quiet_hours_end_when_the_clock_says_so(
    #[case] own: (&str, &str),
    #[case] now: &str,
    #[case] end: &str,
) {
    let zone = Some("America/New_York");
    assert_eq!(judged("", zone, Some(own), now), later(end));
}
