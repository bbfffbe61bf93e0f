//! What operators see of a campaign before it is sent, against the simulated LINE.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::command::push_msg;
use crate::fake::users;
use crate::simulated::{self, Phones};
use crate::stage::{Stage, TODAY};

/// Written in two languages, to the name of whoever reads English; once, long from now.
const GREETING: &str = r#"
name: greeting
schedule: {at: "2099-12-24T09:00", zone: Asia/Taipei}
audience: {consent: news, topic: sale}
language: en
messages: [{type: text, text: "Hello {name}"}]
variants:
  ja: [{type: text, text: "ようこそ {date}"}]
test_list: tag = "tester"
"#;

fn member(n: u32, name: &str, language: &str, more: &Value) -> String {
    let mut member = json!({"member_id": Uuid::from_u128(n.into()), "luid": users::luid(n),
        "display_name": name, "language": language});
    member
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    member.to_string()
}

/// One reads English by name, one has no name, two read Japanese, one of whom sleeps in Berlin.
async fn set() -> (Stage, Phones) {
    let (stage, phones) = simulated::set().await;
    stage.write_campaign("greeting.yaml", GREETING);
    let berlin =
        json!({"time_zone": "Europe/Berlin", "quiet_hours": {"from": "22:00", "until": "07:00"}});
    stage.users.set_lines(vec![
        member(1, "Alice", "en", &json!({})),
        member(2, "", "en", &json!({})),
        member(3, "Jun", "ja-JP", &json!({"time_zone": "Asia/Tokyo"})),
        member(4, "Ken", "ja", &berlin),
    ]);
    (stage, phones)
}

fn json_of(said: &str) -> Value {
    serde_json::from_str(said).unwrap_or_else(|_| panic!("{said}"))
}

#[tokio::test]
async fn a_plan_counts_who_gets_it_and_who_does_not() {
    let (stage, phones) = set().await;
    let (code, said) = push_msg(&stage, &["plan", "greeting", "--zone", "America/New_York"]).await;
    assert_eq!(code, 0, "{said}");
    insta::assert_snapshot!(said, @"
    greeting
      audience       4 of 5 members
                     without 1: blocked the bot
      recipients     3
                     1 read en
                     2 read ja
                     1 after their quiet hours
                     without 1: no value for {name}
      calls to LINE  2
      cost           3 of the 5000 messages left this month
      next runs      2099-12-23 20:00:00 -05:00 America/New_York; 2099-12-24 10:00:00 +09:00 Asia/Tokyo (for 1); 2099-12-24 02:00:00 +01:00 Europe/Berlin (for 1)
    ");
    assert!(phones.heard(1).await.is_empty(), "nothing is sent");
}

#[tokio::test]
async fn a_plan_as_json_names_nobody() {
    let (stage, _phones) = set().await;
    let (code, said) = push_msg(&stage, &["plan", "greeting", "--json"]).await;
    assert_eq!(code, 0, "{said}");
    let plan = json_of(&said);
    assert_eq!(plan["recipients"], 3);
    assert_eq!(plan["left_out"], json!({"no value for {name}": 1}));
    assert_eq!(plan["waiting"], 1);
    assert_eq!(plan["calls"], 2);
    for private in ["Alice", "Jun", &users::luid(1)] {
        assert!(!said.contains(private), "{said}");
    }
}

#[tokio::test]
async fn p01_a_plan_for_nobody_says_so_with_1() {
    let (stage, _phones) = set().await;
    stage.users.set_lines(Vec::new());
    let (code, said) = push_msg(&stage, &["plan", "greeting"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("! nobody would get it"), "{said}");
}

#[tokio::test]
async fn a_plan_says_that_the_quota_does_not_reach() {
    let (stage, phones) = set().await;
    phones.put("/quota", &json!({"limit": 2})).await;
    let (code, said) = push_msg(&stage, &["plan", "greeting"]).await;
    assert_eq!(code, 1);
    let says = "! the month's quota has 2 messages left and 3 are needed: nobody would get it";
    assert!(said.contains(says), "{said}");
    stage.write_campaign(
        "greeting.yaml",
        &format!("{GREETING}over_quota: send_to_first\n"),
    );
    let (code, said) = push_msg(&stage, &["plan", "greeting"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("not enough for 1 recipients"), "{said}");
}

/// LINE knows more than we can tell beforehand: which stickers there are, for one.
#[tokio::test]
async fn a_plan_says_what_line_would_refuse() {
    let (stage, _phones) = set().await;
    let sticker = "ja: [{type: sticker, packageId: abc, stickerId: \"1\"}]";
    let (head, tail) = GREETING.split_once("  ja: ").unwrap();
    let tail = tail.split_once('\n').unwrap().1;
    stage.write_campaign("greeting.yaml", &format!("{head}  {sticker}\n{tail}"));
    let (code, said) = push_msg(&stage, &["plan", "greeting"]).await;
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("! the messages in ja: LINE refused the request"),
        "{said}"
    );
    assert!(!said.contains("the messages in en"), "{said}");
}

#[tokio::test]
async fn a_plan_says_what_is_wrong_with_the_segment() {
    let (stage, _phones) = set().await;
    let wrong = GREETING.replace("topic: sale", "segment: vip");
    stage.write_campaign("greeting.yaml", &wrong);
    let (code, said) = push_msg(&stage, &["plan", "greeting"]).await;
    assert_eq!(code, 1);
    assert!(
        said.contains("/segment: at 1: a condition is expected"),
        "{said}"
    );
}

#[tokio::test]
async fn p04_a_plan_of_the_past_says_so_with_1() {
    let (stage, _phones) = set().await;
    stage.write_campaign("greeting.yaml", &GREETING.replace("2099", "1999"));
    let (code, said) = push_msg(&stage, &["plan", "greeting"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("! the schedule lies in the past"), "{said}");
}

#[tokio::test]
async fn a_preview_shows_members_of_every_language() {
    let (stage, phones) = set().await;
    let (code, said) = push_msg(&stage, &["preview", "greeting", "--members", "1"]).await;
    assert_eq!(code, 0, "{said}");
    let preview = json_of(&said);
    let samples = preview["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 2);
    assert_eq!(samples[0]["language"], "en");
    assert_eq!(samples[0]["member"]["display_name"], "Alice");
    assert_eq!(samples[0]["messages"][0]["text"], "Hello Alice");
    assert_eq!(samples[1]["language"], "ja");
    assert_eq!(samples[1]["messages"][0]["text"], "ようこそ 2099/12/24");
    assert!(phones.heard(1).await.is_empty(), "nothing is sent");
}

#[tokio::test]
async fn a_preview_says_who_gets_nothing_and_shows_what_nobody_reads_yet() {
    let (stage, _phones) = set().await;
    stage.users.set_lines(vec![member(2, "", "en", &json!({}))]);
    let (_, said) = push_msg(&stage, &["preview", "greeting"]).await;
    let preview = json_of(&said);
    assert_eq!(preview["samples"][0]["excluded"], "no value for {name}");
    assert_eq!(preview["samples"][1]["member"], Value::Null);
    assert_eq!(
        preview["samples"][1]["messages"][0]["text"],
        "ようこそ 2099/12/24"
    );
}

/// Whatever members and documents hold is words on the page, which loads nothing.
#[tokio::test]
async fn a_preview_as_a_page_holds_no_markup_of_members() {
    let (stage, _phones) = set().await;
    let attack = r#"<script>alert(1)</script>"'&"#;
    let line = member(1, attack, "en", &json!({}));
    stage.users.set_lines(vec![line]);
    let flex = r##"{type: flex, altText: a, contents: {type: bubble, body: {type: box, layout: vertical,
        backgroundColor: "#fff;} * {display: none", contents: [
          {type: text, text: "Dear {name}", color: "#ff0000"},
          {type: image, url: "https://a.example/1.png"},
          {type: button, action: {type: uri, label: go, uri: "https://a.example/{name}"}}]}}}"##;
    let campaign = GREETING.replace(
        "[{type: text, text: \"Hello {name}\"}]",
        &format!("[{flex}]"),
    );
    stage.write_campaign("greeting.yaml", &campaign);
    let page = stage.path("preview.html");
    let args = ["preview", "greeting", "--html", page.to_str().unwrap()];
    let (code, said) = push_msg(&stage, &args).await;
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("alert"), "{said}");
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(
        html.contains("Dear &lt;script&gt;alert(1)&lt;/script&gt;&quot;"),
        "{html}"
    );
    assert!(html.contains("color:#ff0000;"));
    for wrong in [
        "<script",
        "src=",
        "href=",
        "url(",
        "@import",
        "background-color:#fff;}",
    ] {
        assert!(!html.contains(wrong), "{wrong} in {html}");
    }
    let mode = std::fs::metadata(&page).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_trial_reaches_the_test_list_alone_and_says_what_it_is() {
    let (stage, phones) = set().await;
    stage
        .users
        .set_lines(vec![member(1, "Alice", "en", &json!({}))]);
    let (code, said) = push_msg(&stage, &["send-test", "greeting"]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(said, format!("{}  accepted\n", Uuid::from_u128(1)));
    let query = stage.users.queries().pop().unwrap();
    assert!(query.contains("segment=tag"), "{query}");
    assert!(!query.contains("topic"), "{query}");
    let heard = phones.heard(1).await;
    assert_eq!(heard.len(), 2);
    assert!(heard[0].contains("[TEST] Campaign greeting"));
    assert!(heard[1].contains("Hello Alice"));
    assert!(phones.heard(2).await.is_empty());
}

#[tokio::test]
async fn a_trial_whose_answer_is_lost_is_read_once() {
    let (stage, phones) = set().await;
    stage
        .users
        .set_lines(vec![member(1, "Alice", "en", &json!({}))]);
    let fault = json!({"on": "push", "accept": true, "answer": "cut"});
    phones.post("/faults", &fault).await;
    let (code, said) = push_msg(&stage, &["send-test", "greeting"]).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!(phones.heard(1).await.len(), 2);
}

#[tokio::test]
async fn five_messages_are_tried_under_a_banner_too() {
    let (stage, phones) = set().await;
    stage
        .users
        .set_lines(vec![member(1, "Alice", "en", &json!({}))]);
    let five = ["{type: text, text: a}"; 5].join(", ");
    let whole = GREETING.replace(
        "[{type: text, text: \"Hello {name}\"}]",
        &format!("[{five}]"),
    );
    stage.write_campaign("greeting.yaml", &whole);
    let (code, said) = push_msg(&stage, &["send-test", "greeting"]).await;
    assert_eq!(code, 0, "{said}");
    let heard = phones.heard(1).await;
    assert_eq!(heard.len(), 6);
    assert!(heard[0].contains("[TEST]"));
}

#[tokio::test]
async fn a_trial_without_a_list_or_with_too_long_a_one_sends_nothing() {
    let (stage, phones) = set().await;
    let (code, said) = push_msg(&stage, &["send-test", "today"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("the campaign has no test_list"), "{said}");
    let many = (1..=51).map(|n| member(n, "Somebody", "en", &json!({})));
    stage.users.set_lines(many.collect());
    let (code, said) = push_msg(&stage, &["send-test", "greeting"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("more than 50 members"), "{said}");
    assert!(phones.heard(1).await.is_empty());
}

#[tokio::test]
async fn an_unknown_campaign_and_a_missing_setting_are_told_apart() {
    let (stage, _phones) = set().await;
    let (code, said) = push_msg(&stage, &["plan", "nothing"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("there is no campaign \"nothing\""), "{said}");
    let (code, said) = push_msg(&stage, &["plan", "greeting", "--profile", "production"]).await;
    assert_eq!(code, 2);
    assert!(said.contains("LINE_API_BASE must be https"), "{said}");
}

/// Where LINE is, is for whoever runs the service to say.
#[test]
fn p26_a_document_cannot_say_where_line_is() {
    for line in [
        "line_api_base: https://evil.example/",
        "base_url: https://evil.example/",
    ] {
        let yaml = format!("{TODAY}{line}\n");
        let error = push_msg::campaign::Campaign::parse(&yaml).unwrap_err();
        assert!(error.to_string().contains("unknown field"), "{error}");
    }
}
