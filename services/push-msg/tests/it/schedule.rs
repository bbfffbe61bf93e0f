//! When a campaign is due, whatever the clocks do.

use std::time::Duration;

use push_msg::campaign::{Schedule, Zone};
use rstest::rstest;
use service_kit::Timestamp;

use crate::stage::moment;

fn due(cron: &str, zone: &str, after: &str, until: &str) -> Vec<String> {
    let schedule = Schedule::cron(cron, zone).unwrap();
    schedule
        .between(moment(after), moment(until))
        .into_iter()
        .map(|at: Timestamp| schedule.zone().show(at))
        .collect()
}

// In New York the clock jumps from 02:00 to 03:00 on 8 March 2026, and from 02:00 back to 01:00 on 1 November.
#[rstest]
#[case::fixed("30 2 * * *", &["2026-03-08 03:00:00 -04:00"])]
#[case::several_hours("30 2,14 * * *", &["2026-03-08 03:00:00 -04:00", "2026-03-08 14:30:00 -04:00"])]
#[case::several_minutes("15,45 2 * * *", &["2026-03-08 03:00:00 -04:00"])]
#[case::untouched("30 4 * * *", &["2026-03-08 04:30:00 -04:00"])]
fn a_time_that_the_clock_skips_is_due_right_after(#[case] cron: &str, #[case] expected: &[&str]) {
    let day = ("2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z");
    assert_eq!(due(cron, "America/New_York", day.0, day.1), expected);
}

#[rstest]
#[case::fixed("30 1 * * *", &["2026-11-01 01:30:00 -04:00"])]
#[case::several_hours("30 1,13 * * *", &["2026-11-01 01:30:00 -04:00", "2026-11-01 13:30:00 -05:00"])]
fn a_time_that_comes_twice_is_due_once(#[case] cron: &str, #[case] expected: &[&str]) {
    let day = ("2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z");
    assert_eq!(due(cron, "America/New_York", day.0, day.1), expected);
}

#[test]
fn intervals_go_by_real_time() {
    let autumn = due(
        "*/30 * * * *",
        "America/New_York",
        "2026-11-01T05:00:00Z",
        "2026-11-01T07:00:00Z",
    );
    assert_eq!(
        autumn,
        [
            "2026-11-01 01:30:00 -04:00",
            "2026-11-01 01:00:00 -05:00",
            "2026-11-01 01:30:00 -05:00",
            "2026-11-01 02:00:00 -05:00",
        ]
    );
    let spring = due(
        "*/30 * * * *",
        "America/New_York",
        "2026-03-08T06:30:00Z",
        "2026-03-08T07:30:00Z",
    );
    assert_eq!(
        spring,
        ["2026-03-08 03:00:00 -04:00", "2026-03-08 03:30:00 -04:00"]
    );
}

/// Where the clock goes back from 03:00 to 02:00, and forward from 02:00 to 03:00.
#[test]
fn every_second_hour_is_a_time_on_the_clock_and_comes_once() {
    let autumn = due(
        "0 */2 * * *",
        "Europe/Berlin",
        "2027-10-30T21:59:00Z",
        "2027-10-31T03:30:00Z",
    );
    assert_eq!(
        autumn,
        [
            "2027-10-31 00:00:00 +02:00",
            "2027-10-31 02:00:00 +02:00",
            "2027-10-31 04:00:00 +01:00"
        ]
    );
    let spring = due(
        "0 */2 * * *",
        "Europe/Berlin",
        "2027-03-27T22:59:00Z",
        "2027-03-28T02:30:00Z",
    );
    assert_eq!(
        spring,
        [
            "2027-03-28 00:00:00 +01:00",
            "2027-03-28 03:00:00 +02:00",
            "2027-03-28 04:00:00 +02:00"
        ]
    );
}

#[test]
fn looking_in_small_steps_finds_what_one_look_finds() {
    for cron in ["*/5 * * * *", "30 1,2 * * *", "0 0 * * *"] {
        let schedule = Schedule::cron(cron, "America/New_York").unwrap();
        for start in ["2026-11-01T00:00:00Z", "2026-03-08T00:00:00Z"] {
            let start = moment(start);
            let minute = |n: u64| start + std::time::Duration::from_secs(n * 60);
            let whole = schedule.between(start, minute(24 * 60));
            let steps: Vec<_> = (0..24 * 60)
                .flat_map(|n| schedule.between(minute(n), minute(n + 1)))
                .collect();
            assert_eq!(whole, steps, "{cron}");
        }
    }
}

#[test]
fn the_next_occurrences_are_found_however_rare() {
    let schedule = Schedule::cron("0 9 29 2 *", "Asia/Taipei").unwrap();
    let next: Vec<_> = schedule
        .next(moment("2026-11-21T00:00:00Z"), 3)
        .into_iter()
        .map(|at| schedule.zone().show(at))
        .collect();
    assert_eq!(
        next,
        [
            "2028-02-29 09:00:00 +08:00",
            "2032-02-29 09:00:00 +08:00",
            "2036-02-29 09:00:00 +08:00",
        ]
    );
}

#[test]
fn a_single_moment_keeps_its_own_offset() {
    let schedule = Schedule::at("2026-12-24T09:00:00+08:00", None).unwrap();
    assert!(matches!(schedule.zone(), Zone::Offset(_)));
    let at = moment("2026-12-24T01:00:00Z");
    assert_eq!(schedule.next(moment("2026-11-21T00:00:00Z"), 3), [at]);
    assert_eq!(schedule.zone().show(at), "2026-12-24 09:00:00 +08:00");
}

/// A clock stands between two seconds nearly always; croner would carry the fraction into every moment.
#[test]
fn moments_are_whole_minutes_whatever_the_clock_shows() {
    let schedule = Schedule::cron("* * * * *", "Asia/Taipei").unwrap();
    let whole = moment("2026-11-21T04:00:00Z");
    let expected: Vec<_> = (0..5)
        .map(|minute| whole + Duration::from_mins(minute))
        .collect();
    for fraction in [1, 260, 419, 999] {
        let fraction = Duration::from_millis(fraction);
        let after = whole - Duration::from_secs(1) + fraction;
        let until = whole + Duration::from_mins(4) + fraction;
        assert_eq!(schedule.between(after, until), expected, "{fraction:?}");
    }
}
