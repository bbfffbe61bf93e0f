//! The process dies at the worst moment, and another one goes on.

use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;

use crate::fake::line::Fault;
use crate::stage::{LEASE, Stage};

const SECOND: Duration = Duration::from_secs(1);

#[rstest]
#[case::before_line_accepted(Fault::Hang)]
#[case::after_line_accepted(Fault::AcceptThenHang)]
#[tokio::test]
async fn i05_a_process_that_dies_during_a_call_costs_nothing_and_doubles_nothing(
    #[case] fault: Fault,
) {
    let stage = Stage::set(1400).await;
    stage.line.next([fault]);
    let app = stage.app().await;
    let run = tokio::spawn(async move { app.run_once().await });
    stage.line.hanging.notified().await;
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());

    stage.remove_campaign("today.yaml");
    if stage.is_shared() {
        // Nobody knows that it is dead before its lease runs out.
        stage.pass(LEASE);
    }
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    assert_eq!(
        report.materialised, 0,
        "the recipients stay as they were frozen"
    );
    let calls = stage.line.calls();
    assert_eq!(calls.len(), 4);
    assert_eq!(
        (&calls[0].key, &calls[0].body),
        (&calls[1].key, &calls[1].body)
    );
    stage.line.assert_each_once(1400);
}

#[tokio::test]
async fn the_call_is_in_the_ledger_before_it_is_made() {
    let stage = Stage::set(3).await;
    stage.line.next([Fault::Hang]);
    let app = stage.app().await;
    let run = tokio::spawn(async move { app.run_once().await });
    stage.line.hanging.notified().await;
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    let begun = "select count(*) from batch where state = 'attempting' and unanswered = 1
                 and first_attempt_at is not null and body is not null";
    assert_eq!(stage.ledger(begun).await, 1);
}

#[tokio::test]
async fn i05_a_pusher_that_was_overtaken_makes_no_further_call() {
    let stage = Stage::set(1400).await;
    stage.line.next([Fault::Hold, Fault::Hold]);
    let app = Arc::new(stage.app().await);
    let run = || {
        let app = app.clone();
        tokio::spawn(async move { app.run_once().await.unwrap() })
    };
    let slow = run();
    stage.line.hanging.notified().await;
    stage.remove_campaign("today.yaml");
    // As long as its lease lasts, nobody else touches the occurrence.
    stage.pass(LEASE.saturating_sub(SECOND));
    assert_eq!(app.run_once().await.unwrap().calls, 0);
    // It runs out, and another one goes on with the same bytes and key.
    stage.pass(SECOND);
    let quick = run();
    stage.line.hanging.notified().await;

    stage.line.release.notify_one();
    assert_eq!(slow.await.unwrap().batches_accepted, 0);
    assert_eq!(stage.line.calls().len(), 2);
    stage.line.release.notify_one();
    assert_eq!(quick.await.unwrap().batches_accepted, 3);
    stage.line.assert_each_once(1400);
}

#[tokio::test]
async fn members_who_register_meanwhile_wait_for_the_next_occurrence() {
    let stage = Stage::set(600).await;
    stage.line.next([Fault::Answer(403, "no")]);
    stage.run().await;
    stage.users.set_count(700);
    stage.run().await;
    stage.line.assert_each_once(600);
}

#[tokio::test]
async fn p23_a_clock_that_is_set_back_during_a_lease_doubles_nothing_and_holds_nothing_up() {
    let mut stage = Stage::set(1400).await;
    stage.line.next([Fault::AcceptThenHang]);
    let app = stage.app().await;
    let run = tokio::spawn(async move { app.run_once().await });
    stage.line.hanging.notified().await;
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    stage.remove_campaign("today.yaml");
    // Its lease would last three hours now.
    let early = stage.config.clock.now() - Duration::from_hours(2);
    stage.config.clock = service_kit::Clock::manual(early);
    let report = stage.run().await;
    assert_eq!(report.batches_accepted, 3, "{report}");
    stage.line.assert_each_once(1400);
}
