//! Webhook delivery: bytes, headers, signature, events by hand.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Received, Stage};

fn is_signed(received: &Received, secret: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = STANDARD
        .decode(received.header("x-line-signature"))
        .unwrap();
    hmac::verify(&key, &received.body, &tag).is_ok()
}

#[tokio::test]
async fn a_text_comes_signed_over_its_exact_bytes() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    for text in ["plain", "會員 😀\n\"quoted\""] {
        for escape in ["always", "never"] {
            stage
                .sim(Method::PUT, "/webhook", json!({"escape": escape}))
                .await;
            stage.say(&alice, text).await;
            let received = stage.bot.last();
            assert!(is_signed(&received, &stage.credentials.channel_secret));
            assert_eq!(received.event()["message"]["text"], text);
            assert!(escape == "never" || received.body.is_ascii());
        }
    }
}

#[tokio::test]
async fn a_delivery_looks_like_lines() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let said = stage.say(&alice, "hi").await;
    assert_eq!(said["delivery"]["status"], 200);
    let received = stage.bot.last();
    assert_eq!(
        received.header("content-type"),
        "application/json; charset=utf-8"
    );
    assert_eq!(received.header("user-agent"), "LineBotWebhook/2.0");
    assert_eq!(
        received.json()["destination"],
        stage.credentials.bot_user_id
    );
    let event = received.event();
    assert_eq!(event["webhookEventId"].as_str().unwrap().len(), 26);
    assert_eq!(event["webhookEventId"], said["webhook_event_id"]);
    assert_eq!(event["timestamp"], crate::stage::START);
    assert_eq!(event["source"], json!({"type": "user", "userId": alice}));
    assert_eq!(event["deliveryContext"], json!({"isRedelivery": false}));
    assert_eq!(event["mode"], "active");
}

#[tokio::test]
async fn verifying_posts_no_events_signed() {
    let stage = Stage::start().await;
    let answer = stage.tell("/webhook/verify", Value::Null).await;
    assert_eq!(answer["delivery"]["status"], 200);
    let received = stage.bot.last();
    assert_eq!(received.json()["events"], json!([]));
    assert!(is_signed(&received, &stage.credentials.channel_secret));
}

#[tokio::test]
async fn signatures_can_be_wrong_missing_or_of_another_secret() {
    let stage = Stage::start().await;
    let secret = &stage.credentials.channel_secret;
    let with = |signature: Value| json!({"events": [{"golden": "text"}], "signature": signature});
    stage.tell("/events", with(json!("wrong"))).await;
    assert!(!is_signed(&stage.bot.last(), secret));
    stage.tell("/events", with(json!("missing"))).await;
    assert!(!stage.bot.last().headers.contains_key("x-line-signature"));
    stage
        .tell("/events", with(json!({"secret": "an old secret"})))
        .await;
    assert!(is_signed(&stage.bot.last(), "an old secret"));
    stage.tell("/events", with(json!({"literal": "%%%"}))).await;
    assert_eq!(stage.bot.last().header("x-line-signature"), "%%%");
    let calls = stage.look("/calls?operation=webhook").await;
    for call in calls["calls"].as_array().unwrap() {
        assert_eq!(call["signature"]["right"], false);
    }
}

#[tokio::test]
async fn a_raw_body_arrives_byte_for_byte() {
    let stage = Stage::start().await;
    let raw = "{ \"destination\" :\"U\\u0031\",\n\"events\":[ ] } trailing";
    stage.tell("/events", json!({"raw": raw})).await;
    let received = stage.bot.last();
    assert_eq!(received.body, raw.as_bytes());
    assert!(is_signed(&received, &stage.credentials.channel_secret));
}

#[tokio::test]
async fn one_post_may_mix_people_and_unknown_types() {
    let stage = Stage::start().await;
    let (alice, bob) = (stage.friend("Alice").await, stage.friend("Bob").await);
    let events = json!([
        {"golden": "text", "person": alice},
        {"golden": "unknown"},
        {"golden": "text", "person": bob, "with": {"message": {"text": "from Bob"}}},
        17,
    ]);
    stage.tell("/events", json!({"events": events})).await;
    let events = stage.bot.last().json()["events"].clone();
    assert_eq!(events[0]["source"]["userId"], *alice);
    assert_eq!(events[1]["type"], "somethingNew");
    assert_eq!(events[2]["message"]["text"], "from Bob");
    assert_eq!(events[3], 17);
}

#[tokio::test]
async fn every_golden_event_can_be_delivered() {
    let stage = Stage::start().await;
    let golden = stage.look("/golden").await;
    for name in golden["golden"].as_array().unwrap() {
        stage
            .tell("/events", json!({"events": [{"golden": name}]}))
            .await;
        let event = stage.bot.last().event();
        assert!(event["type"].is_string(), "{name}");
        assert_eq!(event["timestamp"], crate::stage::START, "{name}");
    }
}

#[tokio::test]
async fn a_failed_account_link_has_neither_source_nor_token() {
    let stage = Stage::start().await;
    let events = json!([{"golden": "account_link_failed"}]);
    stage.tell("/events", json!({"events": events})).await;
    let event = stage.bot.last().event();
    assert_eq!(event["link"]["result"], "failed");
    assert!(event.get("source").is_none() && event.get("replyToken").is_none());
}

#[tokio::test]
async fn copies_repeat_the_same_event_in_parallel_too() {
    let stage = Stage::start().await;
    let delivery = json!({"events": [{"golden": "text"}], "copies": 5, "parallel": true});
    let answer = stage.tell("/events", delivery).await;
    assert_eq!(answer["deliveries"].as_array().unwrap().len(), 5);
    let ids: Vec<_> = stage
        .bot
        .all()
        .iter()
        .map(|post| post.event()["webhookEventId"].clone())
        .collect();
    assert!(ids.len() == 5 && ids.iter().all(|id| *id == ids[0]));
}

#[tokio::test]
async fn a_switched_off_webhook_gets_nothing() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage
        .sim(Method::PUT, "/webhook", json!({"active": false}))
        .await;
    let said = stage.say(&alice, "hi").await;
    assert_eq!(said["delivery"], Value::Null);
    assert_eq!(stage.bot.count(), 0);
}

#[tokio::test]
async fn the_endpoint_is_read_set_and_tested_through_the_api() {
    let stage = Stage::start().await;
    let (_, found) = stage.get("/v2/bot/channel/webhook/endpoint").await;
    assert_eq!(found["active"], true);
    let (status, answer) = stage
        .call(
            "/v2/bot/channel/webhook/test",
            json!({"endpoint": "nonsense"}),
        )
        .await;
    assert_eq!(
        (status, answer),
        (400, json!({"message": "Invalid webhook endpoint URL"}))
    );
    let (_, good) = stage.call("/v2/bot/channel/webhook/test", json!({})).await;
    assert_eq!(
        (&good["success"], &good["reason"]),
        (&json!(true), &json!("OK"))
    );
    stage.bot.answer_with(500);
    let (_, bad) = stage.call("/v2/bot/channel/webhook/test", json!({})).await;
    assert_eq!(
        (&bad["statusCode"], &bad["reason"]),
        (&json!(500), &json!("ERROR_STATUS_CODE"))
    );
    let put = stage
        .api(Method::PUT, "/v2/bot/channel/webhook/endpoint")
        .json(&json!({"endpoint": "https://bot.example/callback"}));
    assert_eq!(crate::stage::read(put).await, (200, json!({})));
    let (_, found) = stage.get("/v2/bot/channel/webhook/endpoint").await;
    assert_eq!(found["endpoint"], "https://bot.example/callback");
}
