//! Quota and rate limits.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn the_month_ends_with_429_in_its_own_words_and_sends_to_nobody() {
    let stage = Stage::start().await;
    let (alice, bob) = (stage.friend("Alice").await, stage.friend("Bob").await);
    stage.sim(Method::PUT, "/quota", json!({"limit": 1})).await;
    let (_, quota) = stage.get("/v2/bot/message/quota").await;
    assert_eq!(quota, json!({"type": "limited", "value": 1}));
    let body = json!({"to": [alice, bob], "messages": [{"type": "text", "text": "news"}]});
    let answer = stage.call("/v2/bot/message/multicast", body).await;
    assert_eq!(
        answer,
        (
            429,
            json!({"message": "You have reached your monthly limit."})
        )
    );
    assert!(stage.heard(&alice).await.is_empty());
    assert_eq!(stage.push(&alice, "one").await.0, 200);
    assert_eq!(stage.push(&alice, "two").await.0, 429);
    let (_, used) = stage.get("/v2/bot/message/quota/consumption").await;
    assert_eq!(used, json!({"totalUsage": 1}));
}

#[tokio::test]
async fn a_new_month_in_japan_starts_from_nothing() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.push(&alice, "one").await;
    // From 21 November 09:00 to 1 December 00:00, both in UTC+9.
    let left = Duration::from_hours(9 * 24 + 15);
    stage
        .pass(left.saturating_sub(Duration::from_secs(1)))
        .await;
    assert_eq!(stage.look("/quota").await["used"], 1);
    stage.pass(Duration::from_secs(1)).await;
    assert_eq!(stage.look("/quota").await["used"], 0);
}

#[tokio::test]
async fn no_limit_is_a_type_of_its_own() {
    let stage = Stage::start().await;
    stage
        .sim(Method::PUT, "/quota", json!({"limit": null}))
        .await;
    assert_eq!(
        stage.get("/v2/bot/message/quota").await.1,
        json!({"type": "none"})
    );
}

#[tokio::test]
async fn too_many_calls_are_429_until_time_passes() {
    let stage = Stage::start().await;
    let test = "/v2/bot/channel/webhook/test";
    for _ in 0..60 {
        assert_eq!(stage.call(test, json!({})).await.0, 200);
    }
    let (status, answer) = stage.call(test, json!({})).await;
    assert_eq!(status, 429);
    assert_eq!(
        answer["message"],
        "The API rate limit has been exceeded. Try again later."
    );
    stage.pass(Duration::from_mins(1)).await;
    assert_eq!(stage.call(test, json!({})).await.0, 200);
    assert_eq!(stage.call(test, json!({})).await.0, 429);
    stage
        .sim(Method::PUT, "/settings", json!({"rate_limits": false}))
        .await;
    assert_eq!(stage.call(test, json!({})).await.0, 200);
}

#[tokio::test]
async fn deliveries_are_counted_per_day() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.push(&alice, "one").await;
    let path = |date: &str| format!("/v2/bot/message/delivery/push?date={date}");
    let (_, today) = stage.get(&path("20261121")).await;
    assert_eq!(today, json!({"status": "ready", "success": 1}));
    assert_eq!(stage.get(&path("20261122")).await.1["status"], "unready");
    let (status, answer) = stage.get(&path("tomorrow")).await;
    assert_eq!(status, 400);
    assert_eq!(
        answer["message"],
        "The value for the 'date' parameter is invalid"
    );
}

#[tokio::test]
async fn the_follower_list_is_for_verified_accounts() {
    let stage = Stage::start().await;
    let (alice, bob) = (stage.friend("Alice").await, stage.friend("Bob").await);
    let (status, answer) = stage.get("/v2/bot/followers/ids").await;
    assert_eq!(status, 403);
    assert_eq!(
        answer["message"],
        "Access to this API is not available for your account"
    );
    stage
        .sim(Method::PUT, "/settings", json!({"verified": true}))
        .await;
    let (_, first) = stage.get("/v2/bot/followers/ids?limit=1").await;
    assert_eq!(first["userIds"], json!([alice]));
    let next = first["next"].as_str().unwrap();
    let (_, rest) = stage
        .get(&format!("/v2/bot/followers/ids?start={next}"))
        .await;
    assert_eq!(rest, json!({"userIds": [bob]}));
}
