//! Who gets which bytes, and when.

use std::time::Duration;

use serde_json::json;

use crate::fake::users::{line, line_with, luid};
use crate::stage::{Stage, TODAY, only_matter};

const GREETING: &str = r#"
name: today
schedule: {cron: "0 0 * * *", zone: Asia/Taipei}
audience: {consent: news}
language: en
messages: [{type: text, text: Hello}]
variants:
  th: [{type: text, text: สวัสดี}]
"#;

#[tokio::test]
async fn every_language_has_batches_of_its_own() {
    let stage = Stage::set(0).await;
    stage.write_campaign("today.yaml", GREETING);
    let thai = |n| line_with(n, &json!({"language": "th"}));
    let members = (1..=1200).map(|n| if n % 2 == 0 { thai(n) } else { line(n) });
    stage.users.set_lines(members.collect());
    assert!(stage.run().await.is_fine());
    // Six hundred of each.
    let calls = stage.line.calls();
    assert_eq!(calls.len(), 4);
    for call in calls {
        let is_thai = call.json()["messages"][0]["text"] == "สวัสดี";
        let even = |user: &String| (1..=600).any(|n| luid(2 * n) == *user);
        assert!(call.to().iter().all(|user| even(user) == is_thai));
    }
    stage.line.assert_each_once(1200);
}

#[tokio::test]
async fn what_is_personal_is_pushed_to_each_alone() {
    let stage = Stage::set(0).await;
    let personal = TODAY.replace("Today is {date}", "{{name}}, today is {date}");
    stage.write_campaign("today.yaml", &personal.replace("{{name}}", "{name}"));
    // P25: what a name holds is never read as a template.
    let named = |n| line_with(n, &json!({"display_name": format!("{{date}} {n}")}));
    stage.users.set_lines((1..=40).map(named).collect());
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    let calls = stage.line.calls();
    assert_eq!(calls.len(), 40);
    for call in calls {
        assert!(call.json()["to"].is_string());
        let text = call.json()["messages"][0]["text"].to_string();
        assert!(text.contains("{date} "), "{text}");
    }
    stage.line.assert_each_once(40);
}

/// It is midnight in Taipei and four in the afternoon in London.
fn at_night(then: &str) -> String {
    format!("{GREETING}quiet_hours: {{from: \"21:00\", until: \"08:00\", then: {then}}}\n")
}

fn of_two_zones() -> Vec<String> {
    let zone = |n| {
        if n % 2 == 0 {
            "Europe/London"
        } else {
            "Asia/Taipei"
        }
    };
    (1..=10)
        .map(|n| line_with(n, &json!({"time_zone": zone(n)})))
        .collect()
}

#[tokio::test]
async fn who_sleeps_gets_it_in_the_morning() {
    let stage = Stage::set(0).await;
    stage.write_campaign("today.yaml", &at_night("defer"));
    stage.users.set_lines(of_two_zones());
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    assert_eq!(stage.line.received().len(), 5);
    stage.pass(Duration::from_hours(7));
    assert_eq!(stage.run().await.calls, 0, "it is seven in Taipei");
    stage.pass(Duration::from_hours(1));
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    stage.line.assert_each_once(10);
    assert_eq!(
        stage
            .ledger("select count(*) from occurrence where state = 'sent'")
            .await,
        1
    );
}

#[tokio::test]
async fn or_not_at_all_if_the_campaign_says_so() {
    let stage = Stage::set(0).await;
    stage.write_campaign("today.yaml", &at_night("drop"));
    stage.users.set_lines(of_two_zones());
    let report = stage.run().await;
    assert_eq!((report.recipients, report.excluded), (5, 5));
    let said = "select count(*) from recipient where excluded = 'their quiet hours'";
    assert_eq!(stage.ledger(said).await, 5);
}

/// What was frozen in daylight and could not leave is looked at again when it can.
#[tokio::test]
async fn quiet_hours_are_kept_however_late_it_leaves() {
    let stage = Stage::set(0).await;
    let late = at_night("defer").replace("audience:", "not_after: 12h\naudience:");
    stage.write_campaign("today.yaml", &late);
    stage.users.set_lines(of_two_zones());
    stage
        .line
        .next([crate::fake::line::Fault::Answer(403, "no")]);
    stage.run().await;
    stage.pass(Duration::from_hours(6));
    assert_eq!(stage.run().await.calls, 0, "it is ten at night in London");
    stage.pass(Duration::from_hours(11));
    assert!(stage.run().await.is_fine());
    stage.line.assert_each_once(10);
}

/// The campaign's own hours are everybody's who has no zone.
#[tokio::test]
async fn the_campaigns_quiet_hours_are_kept_however_late_it_leaves_though_nobody_has_a_zone() {
    let stage = Stage::set(3).await;
    let evening =
        format!("{GREETING}not_after: 12h\nquiet_hours: {{from: \"01:00\", until: \"08:00\"}}\n");
    stage.write_campaign("today.yaml", &evening);
    stage
        .line
        .next([crate::fake::line::Fault::Answer(403, "no")]);
    stage.run().await;
    // One in the morning.
    stage.pass(Duration::from_hours(1));
    let report = stage.run().await;
    assert_eq!(report.calls, 0, "{report}");
    stage.pass(Duration::from_hours(7));
    assert!(stage.run().await.is_fine());
    stage.line.assert_each_once(3);
}

#[tokio::test]
async fn nobody_is_written_to_more_often_than_the_campaign_allows() {
    let stage = Stage::set(3).await;
    let capped = format!("{TODAY}frequency_cap: {{messages: 2, within: 1h}}\n");
    stage.write_campaign("today.yaml", &capped);
    for _ in 0..4 {
        stage.run().await;
        stage.pass(Duration::from_mins(5));
    }
    assert!(stage.line.received().values().all(|times| *times == 2));
    let sated = "select count(*) from recipient where excluded like 'had as many%'";
    assert_eq!(stage.ledger(sated).await, 6);
}

#[tokio::test]
async fn p09_what_is_frozen_stays_as_it_was_whatever_the_file_says() {
    let stage = Stage::set(3).await;
    stage
        .line
        .next([crate::fake::line::Fault::Answer(403, "no")]);
    stage.run().await;
    stage.write_campaign("today.yaml", &TODAY.replace("Today is", "Oops"));
    assert!(stage.run().await.is_fine());
    let sent = stage.line.calls().pop().unwrap().json();
    assert!(sent["messages"][0]["text"].to_string().contains("Today is"));
    let kept =
        "select count(*) from occurrence where document like '%Today is%' and length(digest) = 32";
    assert_eq!(stage.ledger(kept).await, 1);
}

#[tokio::test]
async fn i10_an_edit_adds_nothing_to_the_past() {
    let stage = Stage::set(1).await;
    let at = |cron: &str| TODAY.replace("*/5 * * * *", cron);
    stage.write_campaign("today.yaml", &at("0 12 * * *"));
    assert_eq!(stage.run().await.due, 0);
    // Two minutes ago: it would still be in time.
    stage.write_campaign("today.yaml", &at("1 0 * * *"));
    assert_eq!(stage.run().await.due, 0);
    stage.write_campaign("today.yaml", &at("4 0 * * *"));
    stage.run().await;
    stage.pass(Duration::from_mins(1));
    assert_eq!(stage.run().await.due, 1);
}

#[tokio::test]
async fn i12_who_withdrew_after_it_was_frozen_gets_nothing() {
    let stage = Stage::set(600).await;
    stage
        .line
        .next([crate::fake::line::Fault::Answer(403, "no")]);
    stage.run().await;
    // No longer in the audience, and in no feed: a consent, a topic or a friendship that is gone.
    stage
        .users
        .set_lines((1..=600).filter(|n| n % 100 != 0).map(line).collect());
    let report = stage.run().await;
    assert!(report.is_fine(), "{report}");
    let received = stage.line.received();
    assert_eq!(received.len(), 594);
    let out = "select count(*) from recipient where excluded = 'not in the audience any more'";
    assert_eq!(stage.ledger(out).await, 6);
}

#[tokio::test]
async fn while_nobody_says_who_may_be_written_to_nothing_new_is_begun() {
    let stage = Stage::set(3).await;
    stage
        .line
        .next([crate::fake::line::Fault::Answer(403, "no")]);
    stage.run_and_end_campaign().await;
    stage.users.set_down(true);
    let report = stage.run().await;
    assert_eq!(report.calls, 0);
    assert!(
        only_matter(&report).contains("may still be written to"),
        "{report}"
    );
    stage.users.set_down(false);
    assert!(stage.run().await.is_fine());
    stage.line.assert_each_once(3);
}
