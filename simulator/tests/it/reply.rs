//! Reply tokens.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::Stage;

#[tokio::test]
async fn a_reply_arrives_free_of_charge_and_its_token_is_used_up() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.say(&alice, "hi").await;
    let token = stage.bot.last().event()["replyToken"].clone();
    let (status, answer) = stage.reply(&token, "hello").await;
    assert_eq!(status, 200);
    assert!(answer["sentMessages"][0]["id"].is_string());
    assert_eq!(stage.heard(&alice).await, ["hello"]);
    assert_eq!(stage.look("/quota").await["used"], 0);
    let again = stage.reply(&token, "hello").await;
    assert_eq!(again, (400, json!({"message": "Invalid reply token"})));
}

#[tokio::test]
async fn a_reply_token_lives_sixty_seconds() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    for (seconds, status) in [(60, 200), (61, 400)] {
        stage.say(&alice, "hi").await;
        let token = stage.bot.last().event()["replyToken"].clone();
        stage.pass(Duration::from_secs(seconds)).await;
        assert_eq!(
            stage.reply(&token, "hello").await.0,
            status,
            "after {seconds} s"
        );
    }
}

#[tokio::test]
async fn a_refused_message_does_not_use_the_token_up() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.say(&alice, "hi").await;
    let token = stage.bot.last().event()["replyToken"].clone();
    assert_eq!(stage.reply(&token, "").await.0, 400);
    assert_eq!(stage.reply(&token, "hello").await.0, 200);
}

#[tokio::test]
async fn redelivery_gives_a_token_another_minute_but_never_past_twenty() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.say(&alice, "hi").await;
    let event = stage.bot.last().event();
    let redeliver = json!({"events": [event], "redelivery": true});
    stage.pass(Duration::from_mins(5)).await;
    assert_eq!(stage.reply(&event["replyToken"], "late").await.0, 400);
    stage.tell("/events", redeliver.clone()).await;
    assert_eq!(stage.bot.last().event()["replyToken"], event["replyToken"]);
    assert_eq!(stage.reply(&event["replyToken"], "in time").await.0, 200);

    stage.say(&alice, "again").await;
    let event = stage.bot.last().event();
    stage.pass(Duration::from_secs(20 * 60 + 1)).await;
    stage
        .tell("/events", json!({"events": [event], "redelivery": true}))
        .await;
    assert_eq!(stage.reply(&event["replyToken"], "too late").await.0, 400);
}

#[tokio::test]
async fn a_reply_refuses_a_retry_key() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.say(&alice, "hi").await;
    let token = stage.bot.last().event()["replyToken"].clone();
    let body = json!({"replyToken": token, "messages": [{"type": "text", "text": "x"}]});
    let response = stage
        .api(Method::POST, "/v2/bot/message/reply")
        .header("x-line-retry-key", crate::stage::uuid())
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 400);
    assert!(stage.heard(&alice).await.is_empty());
}

#[tokio::test]
async fn a_reply_in_a_group_goes_to_the_group() {
    let stage = Stage::start().await;
    let (alice, bob) = (stage.stranger("Alice").await, stage.stranger("Bob").await);
    let group = json!({"name": "Crew", "people": [alice, bob], "bot": true});
    let group = stage.tell("/groups", group).await;
    stage.bot.has(1).await;
    let say = json!({"text": "hi", "chat": group["id"], "mention_bot": true});
    stage.tell(&format!("/people/{alice}/say"), say).await;
    let event = stage.bot.last().event();
    assert_eq!(event["source"]["groupId"], group["id"]);
    assert_eq!(event["message"]["mention"]["mentionees"][0]["isSelf"], true);
    assert_eq!(stage.reply(&event["replyToken"], "hello all").await.0, 200);
    assert_eq!(stage.heard(&bob).await, ["hello all"]);
}

#[tokio::test]
async fn a_standby_event_has_no_token() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let standby = json!({"mode": "standby", "replyToken": null});
    let event = json!({"golden": "text", "person": alice, "with": standby});
    stage.tell("/events", json!({"events": [event]})).await;
    let event = stage.bot.last().event();
    assert_eq!(event["mode"], "standby");
    assert_eq!(event.get("replyToken"), None::<&Value>);
}
