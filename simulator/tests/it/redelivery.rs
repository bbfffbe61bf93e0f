//! What follows an answer that isn't 2xx.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::Stage;

async fn switched_on() -> Stage {
    let stage = Stage::start().await;
    stage
        .sim(Method::PUT, "/webhook", json!({"redelivery": true}))
        .await;
    stage
}

#[tokio::test]
async fn nothing_is_redelivered_by_default() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.bot.answer_with(500);
    stage.say(&alice, "hi").await;
    stage.pass(Duration::from_hours(1)).await;
    stage.bot.answer_with(200);
    stage.say(&alice, "next").await;
    assert_eq!(stage.bot.count(), 2);
}

#[tokio::test]
async fn a_failed_event_comes_again_the_same_but_for_the_flag() {
    let stage = switched_on().await;
    let alice = stage.friend("Alice").await;
    stage.bot.answer_with(500);
    stage.say(&alice, "hi").await;
    stage.bot.answer_with(200);
    stage.pass(Duration::from_secs(1)).await;
    stage.bot.has(2).await;
    let [mut first, second] = [0, 1].map(|n| stage.bot.all()[n].event());
    assert_eq!(first["deliveryContext"]["isRedelivery"], false);
    assert_eq!(second["deliveryContext"]["isRedelivery"], true);
    first["deliveryContext"]["isRedelivery"] = true.into();
    assert_eq!(first, second);
    assert_eq!(stage.reply(&second["replyToken"], "hello").await.0, 200);
}

#[tokio::test]
async fn redelivery_follows_its_delays_and_then_gives_up() {
    let stage = switched_on().await;
    let alice = stage.friend("Alice").await;
    stage.bot.answer_with(503);
    stage.say(&alice, "hi").await;
    for (count, seconds) in [(2, 1), (3, 10), (4, 60), (5, 300)] {
        stage.pass(Duration::from_secs(seconds)).await;
        stage.bot.has(count).await;
    }
    stage.bot.answer_with(200);
    stage.pass(Duration::from_hours(24)).await;
    stage.say(&alice, "next").await;
    assert_eq!(stage.bot.count(), 6);
}

#[tokio::test]
async fn a_bot_that_is_silent_for_two_seconds_has_failed() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.bot.answer_with(0);
    let said = stage.say(&alice, "hi").await;
    assert_eq!(said["delivery"]["status"], Value::Null);
    assert_eq!(said["delivery"]["error"], "request_timeout");
    assert!((2000..3000).contains(&said["delivery"]["duration_ms"].as_u64().unwrap()));
}

#[tokio::test]
async fn a_bot_that_is_not_there_is_noted() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.line.set_webhook("http://127.0.0.1:9/callback");
    let said = stage.say(&alice, "hi").await;
    assert_eq!(said["delivery"]["error"], "could_not_connect");
    assert_eq!(
        stage.look("/webhook/statistics").await,
        json!({"could_not_connect": 1})
    );
}
