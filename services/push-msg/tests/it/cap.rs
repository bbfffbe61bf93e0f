//! Nobody is written to more often than a campaign allows, whoever sends.

use std::sync::Arc;

use serde_json::json;

use crate::command::push_msg;
use crate::fake::users::{Held, line, line_with};
use crate::stage::{Stage, TODAY};

fn capped(name: &str) -> String {
    let named = TODAY.replace("name: today", &format!("name: {name}"));
    format!("{named}frequency_cap: {{messages: 1, within: 1h}}\n")
}

/// Each alone would reach everybody, and each counts what the other one gives people.
#[tokio::test]
async fn two_campaigns_that_are_frozen_at_once_do_not_both_reach_anybody() {
    let stage = Stage::set(600).await;
    // Five hundred to whom nobody can write are written down as soon as they are named: whoever stands before them was judged.
    let nobody = json!({"luid": "nobody"});
    let unreachable = (601..=1100).map(|n| line_with(n, &nobody));
    stage
        .users
        .set_lines((1..=600).map(line).chain(unreachable).collect());
    stage.write_campaign("today.yaml", &capped("today"));
    stage.write_campaign("tomorrow.yaml", &capped("tomorrow"));
    let one = Arc::new(stage.app().await);
    let other = if stage.is_shared() {
        Arc::new(stage.app().await)
    } else {
        one.clone()
    };
    let (named, open) = stage.users.hold(Held::Audience, 0);
    let slow = tokio::spawn(async move { one.run_once().await.unwrap() });
    named.notified().await;
    while stage.ledger("select count(*) from recipient").await < 500 {
        tokio::task::yield_now().await;
    }
    let quick = other.run_once().await.unwrap();
    assert_eq!((quick.recipients, quick.excluded), (600, 500), "{quick}");
    open.notify_one();
    let slow = slow.await.unwrap();
    assert_eq!((slow.recipients, slow.excluded), (0, 1100), "{slow}");
    stage.line.assert_each_once(600);
}

#[tokio::test]
async fn a_plan_counts_those_who_have_had_enough() {
    let stage = Stage::set(2).await;
    // Every minute: one is due whenever the test runs.
    let often = capped("today").replace("*/5 * * * *", "* * * * *");
    stage.write_campaign("today.yaml", &often);
    let (code, said) = push_msg(&stage, &["run", "--once"]).await;
    assert_eq!(code, 0, "{said}");
    stage.line.assert_each_once(2);
    stage.users.set_count(3);
    let (_, said) = push_msg(&stage, &["plan", "today"]).await;
    assert!(said.contains("recipients     1\n"), "{said}");
    let why = "without 2: had as many messages as the campaign allows";
    assert!(said.contains(why), "{said}");
}

#[tokio::test]
async fn a_plan_that_cannot_look_says_so() {
    let stage = Stage::set(2).await;
    stage.write_campaign("today.yaml", &capped("today"));
    let args = ["plan", "today", "--database-url", "mysql://nowhere"];
    let (code, said) = push_msg(&stage, &args).await;
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("! the frequency cap cannot be judged"),
        "{said}"
    );
    assert!(said.contains("recipients     2\n"), "{said}");
}
