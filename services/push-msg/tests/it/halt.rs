//! What happens when LINE says no.

use std::time::Duration;

use rstest::rstest;
use secrecy::SecretString;

use crate::fake::line::{self, Fault};
use crate::stage::{Stage, only_matter};

const MONTHLY: Fault = Fault::Answer(429, "You have reached your monthly limit.");

#[tokio::test]
async fn p13_the_monthly_limit_stops_the_run_and_a_later_one_goes_on_at_that_batch() {
    let stage = Stage::set(1400).await;
    stage.line.next([MONTHLY]);
    let report = stage.run().await;
    assert_eq!(report.calls, 1);
    let matter = only_matter(&report);
    assert!(matter.contains("the month's quota is used up; 1400 recipients wait"));

    // Nothing is asked, however often it looks, until the month turns or an operator says so.
    stage.remove_campaign("today.yaml");
    for _ in 0..3 {
        assert_eq!(stage.run().await.calls, 0);
    }
    assert_eq!(stage.line.quota_reads(), 1);
    stage.operate("resume").await;
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    let calls = stage.line.calls();
    assert_eq!(calls.len(), 4);
    assert_eq!(
        (&calls[0].key, &calls[0].body),
        (&calls[1].key, &calls[1].body)
    );
    stage.line.assert_each_once(1400);
}

/// The quota may be filled up days later; a text that tells the time must not leave then.
#[tokio::test]
async fn what_line_refused_while_it_was_due_does_not_leave_when_it_is_not() {
    let stage = Stage::set(3).await;
    stage.line.next([MONTHLY]);
    assert_eq!(stage.run_and_end_campaign().await.calls, 1);
    stage.pass(Duration::from_mins(4));
    let report = stage.run().await;
    assert!(
        only_matter(&report).contains("nothing was sent"),
        "{report}"
    );
    assert_eq!(stage.line.calls().len(), 1);
}

#[tokio::test]
async fn p13_other_campaigns_are_not_tried_either() {
    let stage = Stage::set(3).await;
    let other = crate::stage::TODAY.replace("name: today", "name: tomorrow");
    stage.write_campaign("tomorrow.yaml", &other);
    stage.line.next([MONTHLY]);
    assert_eq!(stage.run().await.calls, 1);
}

#[tokio::test]
async fn i09_nobody_is_begun_with_when_the_quota_does_not_reach_for_all() {
    let stage = Stage::set(300).await;
    stage.line.set_quota(Some(1000), 900);
    let report = stage.run().await;
    assert_eq!(report.calls, 0);
    assert_eq!(
        only_matter(&report),
        "paused: the month's quota has 100 messages left and 300 are needed; 300 recipients wait"
    );
    stage.line.set_quota(Some(2000), 900);
    assert_eq!(stage.run().await.calls, 0, "an operator says when");
    stage.operate("resume").await;
    assert!(stage.run().await.is_fine());
    stage.line.assert_each_once(300);
}

#[tokio::test]
async fn a_quota_that_was_just_used_up_by_this_very_batch_does_not_block_its_repetition() {
    let stage = Stage::set(300).await;
    stage.line.set_quota(Some(300), 0);
    // Accepted, and nobody heard of it in this run.
    stage.line.next([Fault::AcceptThenFail]);
    let mut config = stage.config.clone();
    config.backoff.attempts = 1;
    let app = push_msg::App::build(config).await.unwrap();
    assert_eq!(app.run_once().await.unwrap().batches_accepted, 0);
    drop(app);
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    assert_eq!(report.batches_accepted, 1);
    stage.line.assert_each_once(300);
}

#[tokio::test]
async fn p10_a_refused_token_pauses_everything() {
    let mut stage = Stage::set(600).await;
    stage.config.line_channel_access_token = Some(SecretString::from("an-expired-token"));
    let report = stage.run().await;
    assert_eq!(report.calls, 0, "the quota was refused already");
    assert!(only_matter(&report).contains("refused the channel access token"));
    stage.config.line_channel_access_token = Some(SecretString::from(line::TOKEN));
    assert!(stage.run().await.is_fine());
    stage.line.assert_each_once(600);
}

#[tokio::test]
async fn p10_a_token_file_is_read_again_once() {
    let mut stage = Stage::set(600).await;
    let file = stage.path("line-token");
    std::fs::write(&file, "an-expired-token").unwrap();
    stage.config.line_channel_access_token = None;
    stage.config.line_channel_access_token_file = Some(file.clone());
    let app = stage.app().await;
    std::fs::write(&file, line::TOKEN).unwrap();
    let report = app.run_once().await.unwrap();
    assert!(report.is_fine(), "{report}");
    stage.line.assert_each_once(600);
}

#[rstest]
#[case::p10(401, "refused the channel access token")]
#[case::p11(403, "does not allow this account")]
#[tokio::test]
async fn a_call_that_is_not_let_in_pauses_and_keeps_its_key(
    #[case] status: u16,
    #[case] says: &str,
) {
    let stage = Stage::set(600).await;
    stage.line.next([Fault::Answer(status, "no")]);
    let report = stage.run().await;
    assert_eq!(report.calls, 1);
    assert!(only_matter(&report).contains(says), "{report}");
    let paused = "select count(*) from occurrence where state = 'paused_auth'";
    assert_eq!(stage.ledger(paused).await, 1);
    assert!(stage.run().await.is_fine());
    let calls = stage.line.calls();
    assert_eq!(calls[0].key, calls[1].key);
    stage.line.assert_each_once(600);
}

#[tokio::test]
async fn what_paused_and_never_began_expires_with_its_window() {
    let stage = Stage::set(300).await;
    stage.line.set_quota(Some(100), 0);
    stage.run().await;
    stage.pass(Duration::from_mins(3));
    stage.line.set_quota(None, 0);
    let report = stage.run().await;
    assert!(
        report
            .attention
            .iter()
            .any(|a| a.matter.contains("nothing was sent")),
        "{report}"
    );
    let texts = stage.line.calls();
    assert_eq!(texts.len(), 1, "the next occurrence only");
    assert!(
        texts[0].json()["messages"][0]["text"]
            .to_string()
            .contains("00:05:00")
    );
}
