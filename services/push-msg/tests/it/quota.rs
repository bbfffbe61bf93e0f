//! The month's quota is not overrun.

use std::time::Duration;

use service_kit::Clock;

use crate::fake::line::Fault;
use crate::stage::{Stage, TODAY, moment};

const FIRST: &str = "over_quota: send_to_first\n";

#[tokio::test]
async fn i09_a_campaign_may_be_sent_to_as_many_as_the_quota_reaches_for() {
    let stage = Stage::set(1000).await;
    stage.write_campaign("today.yaml", &format!("{TODAY}{FIRST}"));
    stage.line.set_quota(Some(30_000), 29_300);
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    assert_eq!(report.recipients_accepted, 700);
    stage.line.assert_each_once(700);
    let cut = "select count(*) from recipient where excluded like 'beyond%'";
    assert_eq!(stage.ledger(cut).await, 300);
}

#[tokio::test]
async fn i09_two_occurrences_do_not_spend_the_same_quota() {
    let stage = Stage::set(300).await;
    stage.line.set_quota(Some(500), 0);
    // The first is set aside for, and LINE answers nothing yet.
    stage.line.next([Fault::Cut, Fault::Cut, Fault::Cut]);
    let other = TODAY.replace("name: today", "name: tomorrow");
    stage.write_campaign("tomorrow.yaml", &other);
    let report = stage.run().await;
    let paused =
        "select count(*) from occurrence where campaign = 'tomorrow' and state = 'paused_quota'";
    assert_eq!(stage.ledger(paused).await, 1, "{report}");
    stage.run().await;
    stage.line.assert_each_once(300);
}

/// LINE's own figure lags: what this ledger knows was accepted counts.
#[tokio::test]
async fn i09_what_line_has_not_counted_yet_is_counted() {
    let stage = Stage::set(300).await;
    stage.line.set_quota(Some(500), 0);
    stage.run().await;
    stage.line.set_quota(Some(500), 0);
    stage.pass(Duration::from_mins(5));
    assert_eq!(stage.run().await.calls, 0);
    stage.line.assert_each_once(300);
}

#[tokio::test]
async fn p13_the_next_month_goes_on_by_itself() {
    let mut stage = Stage::set(3).await;
    stage.config.clock = Clock::manual(moment("2026-11-30T14:58:00Z"));
    let late = TODAY
        .replace("not_after: 5m", "not_after: 1h")
        .replace("*/5 *", "55 23");
    stage.write_campaign("today.yaml", &late.replace("Taipei", "Tokyo"));
    stage
        .line
        .next([Fault::Answer(429, "You have reached your monthly limit.")]);
    assert_eq!(stage.run().await.calls, 1);
    assert_eq!(stage.run().await.calls, 0);
    stage.pass(Duration::from_mins(2));
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    stage.line.assert_each_once(3);
}
