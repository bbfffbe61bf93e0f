//! One bad ID does not cost the others their message.

use std::collections::HashSet;

use rstest::rstest;

use crate::fake::line::Fault;
use crate::fake::users::luid;
use crate::stage::{Stage, only_matter};

/// Batches of 500, and how many more calls a bad ID may cost in each.
const MEMBERS: u32 = 2000;

#[rstest]
#[case::p18_named(&[8], true, 2)]
#[case::p18_unnamed(&[8], false, 18)]
#[case::five_named(&[1, 500, 501, 1250, 2000], true, 10)]
#[case::five_unnamed(&[1, 500, 501, 1250, 2000], false, 90)]
#[tokio::test]
async fn i07_a_bad_id_is_found_and_everybody_else_gets_it_once(
    #[case] strangers: &[u32],
    #[case] named: bool,
    #[case] extra: usize,
) {
    let stage = Stage::set(MEMBERS).await;
    stage.line.set_strangers(strangers.iter().copied(), named);
    let report = stage.run().await;
    let received = stage.line.received();
    assert_eq!(received.len(), 2000 - strangers.len(), "{report}");
    assert!(received.values().all(|times| *times == 1));
    assert!(strangers.iter().all(|n| !received.contains_key(&luid(*n))));
    let calls = stage.line.calls();
    assert!(calls.len() <= 4 + extra, "{} calls", calls.len());
    // Other bytes, another key.
    let keys: HashSet<_> = calls.iter().map(|call| &call.key).collect();
    assert_eq!(keys.len(), calls.len());
    let said = format!(
        "{} recipients accepted, {} refused by LINE",
        2000 - strangers.len(),
        strangers.len()
    );
    assert_eq!(only_matter(&report), said);
    let partly = "select count(*) from occurrence where state = 'partly'";
    assert_eq!(stage.ledger(partly).await, 1);
    let known = "select count(*) from batch where state = 'rejected' and code = 400 and length(members) = 16";
    assert_eq!(
        stage.ledger(known).await,
        i64::try_from(strangers.len()).unwrap()
    );
}

#[tokio::test]
async fn messages_that_line_refuses_are_tried_once_and_somebody_has_to_look() {
    let stage = Stage::set(5000).await;
    let names = "messages[0].text is not what LINE takes";
    stage.line.always(Some(Fault::Answer(400, names)));
    let report = stage.run().await;
    assert_eq!(report.calls, 1);
    let matter = only_matter(&report);
    assert!(
        matter.ends_with("500 refused by LINE, 4500 never sent"),
        "{matter}"
    );
    stage.line.always(None);
    assert_eq!(stage.run().await.calls, 0, "not by itself");
    // The commands go by the machine's clock.
    stage
        .meddle("update occurrence set finished_at = 9999999999999")
        .await;
    stage.operate("retry").await;
    assert!(stage.run().await.is_fine());
    stage.line.assert_each_once(5000);
}

#[tokio::test]
async fn what_line_refuses_for_ever_is_not_tried_with_everybody() {
    let stage = Stage::set(5000).await;
    let says_nothing = "The request body has 1 error(s)";
    stage.line.always(Some(Fault::Answer(400, says_nothing)));
    let report = stage.run().await;
    assert!(report.calls <= 20, "{report}");
    assert!(only_matter(&report).starts_with("LINE refuses batch after batch"));
}
