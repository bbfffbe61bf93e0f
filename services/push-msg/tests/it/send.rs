//! What leaves when all is well.

use std::collections::HashSet;
use std::time::Duration;

use rstest::rstest;
use uuid::Uuid;

use crate::fake::users;
use crate::stage::Stage;

const FIVE_MINUTES: Duration = Duration::from_mins(5);

#[rstest]
#[case(1, 1)]
#[case(499, 1)]
#[case(500, 1)]
#[case(501, 2)]
#[case(1000, 2)]
#[case(1001, 3)]
#[tokio::test]
async fn p03_members_share_calls_of_five_hundred(#[case] members: u32, #[case] calls: usize) {
    let stage = Stage::set(members).await;
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    assert_eq!(stage.line.calls().len(), calls);
    assert_eq!(report.recipients_accepted, u64::from(members));
    stage.line.assert_each_once(members);
}

#[tokio::test]
async fn the_text_goes_by_the_campaign_s_clock_not_the_server_s() {
    let stage = Stage::set(1).await;
    stage.run().await;
    let call = &stage.line.calls()[0];
    // In UTC it is still the day before, and three minutes have passed.
    assert_eq!(
        call.json()["messages"][0]["text"],
        "Today is 2026/11/21.\nTime is 00:00:00."
    );
}

#[tokio::test]
async fn every_call_carries_a_retry_key_of_its_own() {
    let stage = Stage::set(1001).await;
    stage.run().await;
    let calls = stage.line.calls();
    let keys: HashSet<_> = calls
        .iter()
        .map(|call| Uuid::try_parse(&call.key).unwrap())
        .collect();
    assert_eq!(keys.len(), 3);
}

#[tokio::test]
async fn a_second_run_sends_nothing_again() {
    let stage = Stage::set(501).await;
    stage.run().await;
    let report = stage.run().await;
    assert_eq!((report.due, report.calls), (0, 0));
    assert!(report.is_fine(), "{report}");
    stage.line.assert_each_once(501);
}

#[tokio::test]
async fn p07_two_runs_at_once_send_once() {
    let stage = Stage::set(1001).await;
    let app = stage.app().await;
    let (one, other) = tokio::join!(app.run_once(), app.run_once());
    assert_eq!(one.unwrap().calls + other.unwrap().calls, 3);
    stage.line.assert_each_once(1001);
}

#[tokio::test]
async fn each_occurrence_is_sent_once() {
    let stage = Stage::set(2).await;
    for _ in 0..3 {
        stage.run().await;
        stage.run().await;
        stage.pass(FIVE_MINUTES);
    }
    let texts: Vec<_> = stage
        .line
        .calls()
        .iter()
        .map(|call| call.json()["messages"][0]["text"].to_string())
        .collect();
    let times = ["00:00:00", "00:05:00", "00:10:00"];
    assert_eq!(texts.len(), times.len());
    assert!(
        texts
            .iter()
            .zip(times)
            .all(|(text, time)| text.contains(time))
    );
}

#[tokio::test]
async fn nobody_to_send_to_is_no_call() {
    let stage = Stage::set(0).await;
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    assert_eq!((report.sent, report.calls), (1, 0));
    assert_eq!(stage.line.quota_reads(), 0);
}

#[tokio::test]
async fn accepted_batches_forget_line_user_ids_and_keep_who_got_what() {
    let stage = Stage::set(501).await;
    stage.run().await;
    let bodies = "select count(*) from batch where body is not null";
    let recipients = "select cast(coalesce(sum(length(members)), 0) / 16 as bigint) from batch";
    assert_eq!(stage.ledger(bodies).await, 0);
    assert_eq!(stage.ledger(recipients).await, 501);
    stage.remove_campaign("today.yaml");
    stage.pass(Duration::from_hours(32 * 24));
    stage.run().await;
    assert_eq!(stage.ledger(recipients).await, 0);
}

#[tokio::test]
async fn the_audience_is_those_who_consent() {
    let stage = Stage::set(1).await;
    stage.run().await;
    assert_eq!(stage.users.queries(), ["consent=news"]);
    assert!(stage.line.received().contains_key(&users::luid(1)));
}

#[tokio::test]
async fn however_often_the_scheduler_looks_a_message_leaves_once() {
    let stage = Stage::set(3).await;
    for _ in 0..6 {
        stage.run().await;
        stage.pass(Duration::from_millis(10_037));
    }
    assert_eq!(stage.line.calls().len(), 1);
    stage.line.assert_each_once(3);
}
