//! Half an audience is not an audience.

use std::time::Duration;

use crate::fake::users;
use crate::stage::{Stage, only_matter};

#[tokio::test]
async fn an_audience_that_breaks_off_sends_nothing_and_the_next_run_sends_to_all() {
    let stage = Stage::set(1200).await;
    stage.users.break_off_after(Some(900));
    let report = stage.run().await;
    assert_eq!(report.calls, 0);
    assert!(only_matter(&report).starts_with("the audience is not to be had"));
    assert_eq!(stage.ledger("select count(*) from recipient").await, 0);
    assert_eq!(stage.ledger("select count(*) from batch").await, 0);

    stage.users.break_off_after(None);
    assert!(stage.run().await.is_fine());
    stage.line.assert_each_once(1200);
}

#[tokio::test]
async fn an_audience_that_is_not_to_be_had_in_time_is_missed_not_sent_late() {
    let stage = Stage::set(3).await;
    stage.users.set_down(true);
    stage.run().await;
    stage.pass(Duration::from_secs(150));
    stage.users.set_down(false);
    let report = stage.run().await;
    assert_eq!(report.missed, 1, "{report}");
    assert_eq!(stage.line.calls().len(), 1, "only that of five past");
}

#[tokio::test]
async fn a_member_named_twice_gets_one_message() {
    let stage = Stage::set(3).await;
    let lines = (1..=600).chain(1..=600).map(users::line).collect();
    stage.users.set_lines(lines);
    assert_eq!(stage.run().await.recipients, 600);
    assert_eq!(stage.line.calls()[0].recipients(), 500);
    stage.line.assert_each_once(600);
}

#[tokio::test]
async fn an_id_that_line_would_refuse_is_left_out_and_recorded() {
    let stage = Stage::set(3).await;
    let bad = users::line_of(9, "Uwhatever");
    stage
        .users
        .set_lines(vec![users::line(1), bad, users::line(2)]);
    let report = stage.run().await;
    assert_eq!((report.recipients, report.excluded), (2, 1));
    let excluded = "select count(*) from recipient where excluded = 'not a LINE user ID'";
    assert_eq!(stage.ledger(excluded).await, 1);
    stage.line.assert_each_once(2);
}
