//! Which occurrences begin, and which do not any more.

use std::time::Duration;

use crate::stage::{Stage, TODAY, moment, only_matter};

#[tokio::test]
async fn the_first_run_looks_back_only_as_far_as_a_send_may_begin() {
    let stage = Stage::set(1).await;
    let report = stage.run().await;
    assert_eq!((report.due, report.missed), (1, 0));
}

#[tokio::test]
async fn i10_what_nobody_looked_at_in_time_is_flagged_and_not_sent() {
    let stage = Stage::set(1).await;
    stage.run().await;
    stage.pass(Duration::from_hours(1));
    let report = stage.run().await;
    assert_eq!((report.due, report.missed), (1, 11));
    assert!(only_matter(&report).contains("missed 11 times"));
    assert_eq!(stage.line.calls().len(), 2);
    assert!(stage.run().await.is_fine(), "it is said once");
}

#[tokio::test]
async fn i10_a_clock_that_jumps_back_repeats_nothing() {
    let mut stage = Stage::set(1).await;
    stage.run().await;
    stage.pass(Duration::from_mins(5));
    stage.run().await;
    let early = moment(crate::stage::START);
    stage.config.clock = service_kit::Clock::manual(early - Duration::from_secs(10));
    let report = stage.run().await;
    assert_eq!(report.calls, 0, "{report}");
    stage.pass(Duration::from_secs(310));
    assert_eq!(stage.run().await.calls, 0);
    stage.pass(Duration::from_mins(5));
    assert_eq!(stage.run().await.calls, 1);
}

#[tokio::test]
async fn a_single_moment_is_sent_once_and_never_before() {
    let stage = Stage::set(1).await;
    stage.remove_campaign("today.yaml");
    let once = TODAY
        .replace("cron: \"*/5 * * * *\"", "at: 2026-11-21T01:00:00+08:00")
        .replace("  zone: Asia/Taipei\n", "");
    stage.write_campaign("once.yaml", &once);
    stage.run().await;
    assert_eq!(stage.line.calls().len(), 0);
    stage.pass(Duration::from_mins(57));
    stage.run().await;
    stage.pass(Duration::from_mins(1));
    stage.run().await;
    let calls = stage.line.calls();
    assert_eq!(calls.len(), 1);
    let text = calls[0].json()["messages"][0]["text"].clone();
    assert_eq!(text, "Today is 2026/11/21.\nTime is 01:00:00.");
}

#[tokio::test]
async fn a_single_moment_that_passed_unseen_is_flagged() {
    let stage = Stage::set(1).await;
    stage.remove_campaign("today.yaml");
    let once = TODAY
        .replace("cron: \"*/5 * * * *\"", "at: 2026-11-20T09:00:00+08:00")
        .replace("  zone: Asia/Taipei\n", "");
    stage.write_campaign("once.yaml", &once);
    assert_eq!(stage.run().await.missed, 1);
    assert_eq!(stage.run().await.missed, 0);
}

#[tokio::test]
async fn a_bad_document_is_reported_and_costs_the_others_nothing() {
    let stage = Stage::set(1).await;
    stage.write_campaign("bad.yaml", "name: bad\n");
    let report = stage.run().await;
    assert!(only_matter(&report).contains("bad.yaml"), "{report}");
    assert_eq!(report.sent, 1);
}

#[tokio::test]
async fn a_process_that_was_stopped_overnight_repeats_an_hour_that_comes_twice_only_once() {
    let mut stage = Stage::set(1).await;
    let zone = TODAY
        .replace("*/5 * * * *", "30 1,13 * * *")
        .replace("Asia/Taipei", "America/New_York");
    stage.write_campaign("today.yaml", &zone);
    // 01:30 comes at 05:30Z and, the clock having been set back, at 06:30Z.
    for now in ["2026-11-01T05:31:00Z", "2026-11-01T06:31:00Z"] {
        stage.config.clock = service_kit::Clock::manual(moment(now));
        stage.run().await;
    }
    assert_eq!(stage.line.calls().len(), 1);
}
