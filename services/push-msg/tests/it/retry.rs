//! What happens when LINE's answer is bad, or there is none.

use std::time::Duration;

use rstest::rstest;

use crate::fake::line::{Call, Fault};
use crate::stage::{Stage, only_matter};

const HOUR: Duration = Duration::from_hours(1);

fn are_one_request(calls: &[Call]) -> bool {
    calls
        .windows(2)
        .all(|pair| pair[0].key == pair[1].key && pair[0].body == pair[1].body)
}

#[rstest]
#[case::refused_for_now(Fault::Answer(500, "Internal"))]
#[case::cut(Fault::Cut)]
#[case::p12_rate_limited(Fault::Answer(
    429,
    "The API rate limit has been exceeded. Try again later."
))]
#[case::p15_accepted_and_failed(Fault::AcceptThenFail)]
#[case::p15_accepted_and_cut(Fault::AcceptThenCut)]
#[case::p19_redirected(Fault::Answer(307, ""))]
#[tokio::test]
async fn the_same_bytes_are_repeated_under_the_same_key(#[case] fault: Fault) {
    let stage = Stage::set(3).await;
    stage.line.next([fault]);
    let report = stage.run().await;
    let calls = stage.line.calls();
    assert_eq!(calls.len(), 2);
    assert!(are_one_request(&calls));
    assert!(report.is_fine(), "{report}");
    assert_eq!(report.batches_accepted, 1);
    stage.line.assert_each_once(3);
}

#[rstest]
#[case::p17_html_body(Fault::Html)]
#[case::p16_conflict_without_the_accepted_id(Fault::BareConflict)]
#[tokio::test]
async fn odd_acceptances_are_acceptances(#[case] fault: Fault) {
    let stage = Stage::set(3).await;
    stage.line.next([fault]);
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    stage.run().await;
    assert_eq!(stage.line.calls().len(), 1);
    stage.line.assert_each_once(3);
}

#[tokio::test]
async fn p14_a_run_tries_only_so_often_and_the_next_goes_on() {
    let stage = Stage::set(3).await;
    stage.line.always(Some(Fault::Answer(500, "Internal")));
    let report = stage.run().await;
    assert_eq!(report.calls, 3);
    assert!(only_matter(&report).contains("the next run goes on; 3 recipients wait"));
    stage.line.always(None);
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    assert!(are_one_request(&stage.line.calls()));
    stage.line.assert_each_once(3);
}

#[tokio::test]
async fn p14_a_line_that_fails_gets_a_rest_after_three_batches() {
    let stage = Stage::set(5000).await;
    stage.line.always(Some(Fault::Answer(500, "Internal")));
    let report = stage.run().await;
    assert_eq!(report.calls, 9);
    stage.line.always(None);
    stage.run().await;
    stage.line.assert_each_once(5000);
}

#[tokio::test]
async fn p22_after_23_hours_without_an_answer_a_batch_is_in_doubt_and_never_sent_again() {
    let stage = Stage::set(3).await;
    stage.line.always(Some(Fault::Answer(500, "Internal")));
    stage.run_and_end_campaign().await;
    let calls = stage.line.calls().len();

    stage.pass(Duration::from_secs(23 * 3600 - 1));
    stage.run().await;
    assert!(stage.line.calls().len() > calls, "the key is young enough");

    let calls = stage.line.calls().len();
    stage.pass(Duration::from_secs(1));
    stage.line.always(None);
    let report = stage.run().await;
    assert_eq!(report.batches_in_doubt, 1);
    assert_eq!(only_matter(&report), "0 recipients accepted, 3 in doubt");
    for hours in [2, 24, 48] {
        stage.pass(hours * HOUR);
        assert_eq!(stage.run().await.calls, 0);
    }
    assert_eq!(stage.line.calls().len(), calls);
    assert!(are_one_request(&stage.line.calls()));
}
