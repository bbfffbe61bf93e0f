//! People who left or were erased: nothing is begun that reaches them, and nothing names them longer than it must.

use std::time::Duration;

use crate::fake::line::Fault;
use crate::fake::users::luid;
use crate::stage::{Stage, moment};

const REJECTED: Fault = Fault::Answer(400, "The request body has 1 error(s)");
/// It names the messages: nobody can get them.
const REFUSED: Fault = Fault::Answer(400, "messages[0].text is not what LINE takes");
const BUSY: Fault = Fault::Answer(
    429,
    "The API rate limit has been exceeded. Try again later.",
);
const DAY: Duration = Duration::from_hours(24);

/// Ends with the occurrence frozen and nothing sent: the quota does not reach.
async fn frozen(members: u32) -> Stage {
    let stage = Stage::set(members).await;
    stage.line.set_quota(Some(0), 0);
    assert_eq!(stage.run_and_end_campaign().await.calls, 0);
    stage.line.set_quota(None, 0);
    stage.operate("resume").await;
    stage.pass(Duration::from_secs(10));
    stage
}

#[tokio::test]
async fn i12_who_is_gone_before_the_first_call_is_in_none() {
    for kind in ["leaving", "erased"] {
        let stage = frozen(1001).await;
        for n in [1, 7, 500, 1001] {
            stage.users.lose(n, kind, stage.config.clock.now());
        }
        let report = stage.run().await;
        assert!(report.is_fine(), "{report}");
        let received = stage.line.received();
        assert_eq!((received.len(), report.calls), (997, 2), "{kind}");
        assert!(received.values().all(|times| *times == 1));
        for n in [1, 7, 500, 1001] {
            assert!(!received.contains_key(&luid(n)));
            assert_eq!(stage.traces(&luid(n)).await, [""; 0]);
        }
        let told = "select count(*) from occurrence where recipients = 997 and excluded = 4";
        assert_eq!(stage.ledger(told).await, 1);
    }
}

/// The ledger still knows who got what: places count from 0 in what was sent.
#[tokio::test]
async fn those_who_stay_keep_their_places_in_order() {
    let stage = frozen(5).await;
    stage.line.next([REFUSED]);
    for n in [2, 4] {
        stage.users.lose(n, "erased", stage.config.clock.now());
    }
    stage.run().await;
    let sent = stage.line.calls()[0].json();
    assert_eq!(sent["to"], serde_json::json!([luid(1), luid(3), luid(5)]));
    assert_eq!(sent["messages"][0]["type"], "text");
    let left = "select count(*) from recipient where excluded = 'left' and batch is null";
    assert_eq!(stage.ledger(left).await, 2);
    let whole = "select count(*) from batch where recipients = 3 and length(members) = 48";
    assert_eq!(stage.ledger(whole).await, 1);
}

#[tokio::test]
async fn where_nobody_is_left_nothing_is_sent() {
    let stage = frozen(1).await;
    stage.users.lose(1, "erased", stage.config.clock.now());
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    assert_eq!((report.calls, report.sent), (0, 1));
    assert_eq!(stage.traces(&luid(1)).await, [""; 0]);
}

/// LINE knows the key that it answered 429, and must never see it with other bytes.
#[tokio::test]
async fn what_line_refused_for_now_leaves_without_them_under_another_key() {
    let stage = Stage::set(3).await;
    stage.line.always(Some(BUSY));
    stage.run_and_end_campaign().await;
    stage.line.always(None);
    stage.users.lose(2, "erased", stage.config.clock.now());
    let before = stage.line.calls();
    assert!(stage.run().await.is_fine());
    let calls = stage.line.calls();
    let last = calls.last().unwrap();
    assert_eq!(last.recipients(), 2);
    assert!(before.iter().all(|call| call.key != last.key));
    assert_eq!(stage.traces(&luid(2)).await, [""; 0]);
}

/// LINE may have accepted it: it is asked again with the very same bytes. When it has answered, they go at once.
#[tokio::test]
async fn what_is_in_flight_stays_as_it_is_until_it_is_over() {
    let stage = Stage::set(3).await;
    stage.line.always(Some(Fault::Cut));
    stage.run_and_end_campaign().await;
    stage.users.lose(2, "erased", stage.config.clock.now());
    stage.run().await;
    assert_eq!(stage.traces(&luid(2)).await[0], "batch.body");
    stage.line.always(Some(REJECTED));
    stage.run().await;
    let calls = stage.line.calls();
    assert!(
        calls
            .iter()
            .all(|call| call.body == calls[0].body && call.key == calls[0].key)
    );
    assert_eq!(stage.traces(&luid(2)).await, [""; 0]);
}

#[tokio::test]
async fn what_nobody_ever_answered_is_forgotten_within_a_day() {
    let stage = Stage::set(3).await;
    stage.line.always(Some(Fault::Cut));
    stage.run_and_end_campaign().await;
    stage.users.lose(2, "erased", stage.config.clock.now());
    stage.run().await;
    stage.pass(DAY);
    let report = stage.run().await;
    assert_eq!(report.batches_in_doubt, 1);
    assert_eq!(stage.traces(&luid(2)).await, [""; 0]);
}

#[tokio::test]
async fn what_is_over_names_them_no_longer() {
    let stage = Stage::set(501).await;
    stage.line.next([REFUSED]);
    stage.run_and_end_campaign().await;
    assert_eq!(stage.traces(&luid(2)).await[0], "batch.body");
    stage.users.lose(2, "erased", stage.config.clock.now());
    stage.run().await;
    assert_eq!(stage.traces(&luid(2)).await, [""; 0]);
    // The other batch is still there to be looked at.
    assert_eq!(stage.traces(&luid(501)).await[0], "batch.body");
}

#[tokio::test]
async fn who_came_back_before_it_was_planned_gets_it() {
    let stage = Stage::set(3).await;
    stage.line.set_quota(Some(0), 0);
    // Frozen before the feed is read: it tells of them in the next run.
    stage.run_and_end_campaign().await;
    stage
        .users
        .lose(2, "erased", moment("2026-11-20T15:00:00Z"));
    stage.line.set_quota(None, 0);
    stage.operate("resume").await;
    // The members' API names them again.
    stage.users.set_count(3);
    stage.run().await;
    stage.line.assert_each_once(3);
}

#[tokio::test]
async fn while_the_members_api_is_away_nothing_is_lost_and_it_goes_on_where_it_was() {
    let stage = frozen(3).await;
    stage.users.lose(8, "erased", stage.config.clock.now());
    stage.run().await;
    stage.line.assert_each_once(3);

    let stage = frozen(4).await;
    stage.line.always(Some(BUSY));
    for n in [1, 8, 9] {
        stage.users.lose(n, "erased", stage.config.clock.now());
    }
    stage.users.set_down(true);
    stage.run().await;
    assert_eq!(stage.traces(&luid(1)).await[0], "batch.body");
    stage.users.set_down(false);
    stage.run().await;
    stage.users.lose(2, "erased", stage.config.clock.now());
    stage.run().await;
    for n in [1, 2] {
        assert_eq!(stage.traces(&luid(n)).await, [""; 0]);
    }
    assert_eq!(stage.users.asked_after(), [0, 0, 0, 2, 3, 3, 4]);
}

/// Who was erased meanwhile is not known: whatever is over goes altogether.
#[tokio::test]
async fn what_the_feed_has_forgotten_is_made_up_for() {
    let stage = Stage::set(3).await;
    stage.users.lose(8, "erased", stage.config.clock.now());
    stage.line.always(Some(REFUSED));
    stage.run_and_end_campaign().await;
    for n in [1, 9] {
        stage.users.lose(n, "erased", stage.config.clock.now());
    }
    stage.users.forget_changes();
    stage.run().await;
    for n in 1..=3 {
        assert_eq!(stage.traces(&luid(n)).await, [""; 0]);
    }
}
