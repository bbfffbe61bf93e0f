//! What an operator sees and does, beside whatever sends.

use std::time::Duration;

use crate::command::push_msg;
use crate::fake::line::Fault;
use crate::fake::users;
use crate::stage::Stage;

#[tokio::test]
async fn p08_after_a_cancellation_nothing_new_is_begun_and_what_was_begun_ends() {
    let stage = Stage::set(1400).await;
    stage.line.next([Fault::Hold]);
    let app = stage.app().await;
    let run = tokio::spawn(async move { app.run_once().await.unwrap() });
    stage.line.hanging.notified().await;
    stage.operate("cancel").await;
    assert!(stage.operate("status").await.contains("cancelling"));
    stage.line.release.notify_one();
    let report = run.await.unwrap();
    assert_eq!((report.calls, report.recipients_accepted), (1, 500));
    stage.remove_campaign("today.yaml");
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    assert_eq!(stage.line.calls().len(), 1);
    let (_, said) = push_msg(&stage, &["report", "today"]).await;
    assert!(said.contains("cancelled"), "{said}");
    let (code, said) = push_msg(&stage, &["cancel", "today"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("it is over"), "{said}");
}

#[tokio::test]
async fn p08_what_was_not_begun_is_cancelled_at_once() {
    let stage = Stage::set(3).await;
    stage.line.set_quota(Some(0), 0);
    stage.run_and_end_campaign().await;
    stage.operate("cancel").await;
    stage.line.set_quota(None, 0);
    assert_eq!(stage.run().await.calls, 0);
    let (_, said) = push_msg(&stage, &["status", "--all", "--json"]).await;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said[0]["state"], "cancelled");
    assert_eq!(said[0]["waiting"], 3);
}

#[tokio::test]
async fn what_is_paused_waits_until_it_is_resumed() {
    let stage = Stage::set(600).await;
    stage.line.next([Fault::Answer(403, "no")]);
    stage.run_and_end_campaign().await;
    stage.operate("pause").await;
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    assert_eq!(report.calls, 0);
    assert!(stage.operate("status").await.contains("paused"));
    stage.operate("resume").await;
    assert!(stage.run().await.is_fine());
    stage.line.assert_each_once(600);
}

#[tokio::test]
async fn what_is_in_doubt_is_sent_again_only_if_an_operator_says_so_in_so_many_words() {
    let stage = Stage::set(3).await;
    stage.line.always(Some(Fault::Cut));
    stage.run_and_end_campaign().await;
    stage.pass(Duration::from_hours(23));
    stage.line.always(None);
    assert_eq!(stage.run().await.batches_in_doubt, 1);
    // The commands go by the machine's clock.
    stage
        .meddle("update occurrence set finished_at = 9999999999999")
        .await;
    let (code, said) = push_msg(&stage, &["retry", "today"]).await;
    assert_eq!(code, 1, "{said}");
    assert_eq!(stage.run().await.calls, 0);
    let (code, said) = push_msg(&stage, &["retry", "today", "--in-doubt"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(stage.run().await.is_fine());
    let calls = stage.line.calls();
    assert_ne!(calls[0].key, calls.last().unwrap().key);
}

#[tokio::test]
async fn a_report_says_of_everybody_what_became_of_them() {
    let stage = Stage::set(3).await;
    let bad = users::line_of(9, "Uwhatever");
    stage
        .users
        .set_lines((1..=3).map(users::line).chain([bad]).collect());
    stage.line.set_strangers([2], true);
    stage.run().await;
    let (code, csv) = push_msg(&stage, &["report", "today", "--format", "csv"]).await;
    assert_eq!(code, 0, "{csv}");
    // Batch by batch: the odd one is in a batch of its own by then.
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines[0], "member_id,outcome,code,reason,request_id,at");
    let said = |n: usize| lines[n].split_once(',').unwrap().1;
    assert!(
        said(1).starts_with("accepted,,,a-request-id,2026-"),
        "{csv}"
    );
    assert!(
        said(3).starts_with("failed,400,LINE refused the request: 400"),
        "{csv}"
    );
    assert!(
        said(4).starts_with("excluded,,not a LINE user ID,,"),
        "{csv}"
    );
    let (_, json) = push_msg(&stage, &["report", "today", "--format", "json"]).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["occurrence"]["accepted"], 2);
    assert_eq!(json["members"].as_array().unwrap().len(), 4);
    assert_eq!(json["members"][2]["outcome"], "failed");
    for said in [csv, json.to_string()] {
        assert!(!said.contains(&users::luid(1)));
    }
}

#[tokio::test]
async fn a_ledger_that_nobody_made_is_not_made_by_looking() {
    let stage = Stage::set(3).await;
    let (code, said) = push_msg(&stage, &["status"]).await;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("ledger"), "{said}");
}
