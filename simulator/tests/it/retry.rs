//! Retry keys.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, push_body, uuid};

#[tokio::test]
async fn the_same_key_again_is_409_with_the_accepted_request_and_sends_once() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let (key, body) = (uuid(), push_body(&alice, "once"));
    let first = stage.push_with_key(&key, &body).await;
    let id = first.headers()["x-line-request-id"].clone();
    let sent: Value = first.json().await.unwrap();
    let second = stage.push_with_key(&key, &body).await;
    assert_eq!(second.status(), 409);
    assert_eq!(second.headers()["x-line-accepted-request-id"], id);
    assert_ne!(second.headers()["x-line-request-id"], id);
    let answer: Value = second.json().await.unwrap();
    assert_eq!(answer["message"], "The retry key is already accepted");
    assert_eq!(answer["sentMessages"], sent["sentMessages"]);
    assert_eq!(stage.heard(&alice).await, ["once"]);
    assert_eq!(stage.look("/quota").await["used"], 1);
}

#[tokio::test]
async fn a_repeated_multicast_is_409_without_sent_messages() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let body = json!({"to": [alice], "messages": [{"type": "text", "text": "once"}]});
    let key = uuid();
    for status in [200, 409] {
        let response = stage
            .api(Method::POST, "/v2/bot/message/multicast")
            .header("x-line-retry-key", &key)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status);
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer.get("sentMessages"), None);
    }
    assert_eq!(stage.heard(&alice).await, ["once"]);
}

#[tokio::test]
async fn after_24_hours_the_same_key_sends_again() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let (key, body) = (uuid(), push_body(&alice, "again"));
    stage.push_with_key(&key, &body).await;
    stage.pass(Duration::from_secs(24 * 3600 - 1)).await;
    assert_eq!(stage.push_with_key(&key, &body).await.status(), 409);
    stage.pass(Duration::from_secs(1)).await;
    assert_eq!(stage.push_with_key(&key, &body).await.status(), 200);
    assert_eq!(stage.heard(&alice).await, ["again", "again"]);
}

#[tokio::test]
async fn the_same_key_with_other_bytes_is_refused_and_shown_as_a_violation() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let key = uuid();
    stage.push_with_key(&key, &push_body(&alice, "one")).await;
    let response = stage.push_with_key(&key, &push_body(&alice, "two")).await;
    assert_eq!(response.status(), 400);
    let calls = stage.look("/calls?operation=push").await;
    let last = calls["calls"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["violation"], "one retry key, two different requests");
    assert_eq!(stage.heard(&alice).await, ["one"]);
}

#[tokio::test]
async fn a_key_of_a_refused_request_stays_usable() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let key = uuid();
    assert_eq!(
        stage
            .push_with_key(&key, &push_body(&alice, ""))
            .await
            .status(),
        400
    );
    let response = stage.push_with_key(&key, &push_body(&alice, "right")).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_500_before_acceptance_and_its_retry_send_once() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let (key, body) = (uuid(), push_body(&alice, "once"));
    stage
        .fault(json!({"on": "push", "answer": {"respond": {"status": 500}}}))
        .await;
    assert_eq!(stage.push_with_key(&key, &body).await.status(), 500);
    assert!(stage.heard(&alice).await.is_empty());
    let changed = stage.push_with_key(&key, &push_body(&alice, "other")).await;
    assert_eq!(changed.status(), 400);
    assert_eq!(stage.push_with_key(&key, &body).await.status(), 200);
    assert_eq!(stage.heard(&alice).await, ["once"]);
}

#[tokio::test]
async fn a_500_after_acceptance_and_its_retry_send_once() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let (key, body) = (uuid(), push_body(&alice, "once"));
    let fault = json!({"on": "push", "accept": true, "answer": {"respond": {"status": 500}}});
    stage.fault(fault).await;
    assert_eq!(stage.push_with_key(&key, &body).await.status(), 500);
    assert_eq!(stage.push_with_key(&key, &body).await.status(), 409);
    assert_eq!(stage.heard(&alice).await, ["once"]);
}

#[tokio::test]
async fn a_key_that_is_no_uuid_is_refused() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let response = stage
        .push_with_key("not-a-uuid", &push_body(&alice, "x"))
        .await;
    assert_eq!(response.status(), 400);
}
