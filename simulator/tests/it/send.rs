//! Push, multicast, broadcast: who receives, and what the calls answer.

use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, push_body};

#[tokio::test]
async fn a_push_to_a_friend_arrives_and_answers_with_message_ids() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let (status, answer) = stage.push(&alice, "hello").await;
    assert_eq!(status, 200);
    assert!(answer["sentMessages"][0]["id"].is_string());
    assert!(answer["sentMessages"][0]["quoteToken"].is_string());
    assert_eq!(stage.heard(&alice).await, ["hello"]);
}

#[tokio::test]
async fn a_push_to_somebody_who_blocked_answers_200_reaches_nobody_and_costs_nothing() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage
        .tell(&format!("/people/{alice}/block"), Value::Null)
        .await;
    assert_eq!(stage.push(&alice, "hello").await.0, 200);
    assert!(stage.heard(&alice).await.is_empty());
    let (_, used) = stage.get("/v2/bot/message/quota/consumption").await;
    assert_eq!(used, json!({"totalUsage": 0}));
}

#[tokio::test]
async fn a_push_to_a_stranger_arrives_only_for_a_week_after_they_wrote() {
    let stage = Stage::start().await;
    let alice = stage.stranger("Alice").await;
    assert_eq!(stage.push(&alice, "too early").await.0, 200);
    stage.say(&alice, "hi").await;
    stage.push(&alice, "in time").await;
    stage
        .pass(std::time::Duration::from_secs(7 * 24 * 3600 + 1))
        .await;
    stage.push(&alice, "too late").await;
    assert_eq!(stage.heard(&alice).await, ["in time"]);
}

#[tokio::test]
async fn a_push_to_an_unknown_id_fails() {
    let stage = Stage::start().await;
    let (status, answer) = stage
        .push("U0123456789abcdef0123456789abcdef", "hello")
        .await;
    assert_eq!(
        (status, answer),
        (400, json!({"message": "Failed to send messages"}))
    );
}

#[tokio::test]
async fn a_push_to_a_deleted_account_answers_200() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage
        .sim(Method::DELETE, &format!("/people/{alice}"), Value::Null)
        .await;
    assert_eq!(stage.push(&alice, "hello").await.0, 200);
}

#[tokio::test]
async fn a_group_push_reaches_and_counts_every_member() {
    let stage = Stage::start().await;
    let (alice, bob) = (stage.stranger("Alice").await, stage.stranger("Bob").await);
    let group = json!({"name": "Crew", "people": [alice, bob], "bot": true});
    let group = stage.tell("/groups", group).await;
    assert_eq!(
        stage.push(group["id"].as_str().unwrap(), "all").await.0,
        200
    );
    assert_eq!(stage.heard(&bob).await, ["all"]);
    assert_eq!(stage.look("/quota").await["used"], 2);
}

#[tokio::test]
async fn a_multicast_reaches_friends_once_each_and_answers_an_empty_object() {
    let stage = Stage::start().await;
    let (alice, bob) = (stage.friend("Alice").await, stage.stranger("Bob").await);
    let body = json!({"to": [alice, alice, bob], "messages": [{"type": "text", "text": "news"}]});
    assert_eq!(
        stage.call("/v2/bot/message/multicast", body).await,
        (200, json!({}))
    );
    assert_eq!(stage.heard(&alice).await, ["news"]);
    assert!(stage.heard(&bob).await.is_empty());
    assert_eq!(stage.look("/quota").await["used"], 1);
}

#[tokio::test]
async fn a_malformed_recipient_is_named_and_nobody_receives() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let body = json!({"to": [alice, "bogus"], "messages": [{"type": "text", "text": "news"}]});
    let (status, answer) = stage.call("/v2/bot/message/multicast", body).await;
    assert_eq!(status, 400);
    assert_eq!(
        answer["message"],
        "The property, to[1], in the request body is invalid (line: -, column: -)"
    );
    assert!(stage.heard(&alice).await.is_empty());
}

#[tokio::test]
async fn a_multicast_takes_500_recipients_and_no_more() {
    let stage = Stage::start().await;
    let id = |n: usize| format!("U{n:032x}");
    for (count, status) in [(0, 400), (500, 200), (501, 400)] {
        let to: Vec<_> = (0..count).map(id).collect();
        let body = json!({"to": to, "messages": [{"type": "text", "text": "news"}]});
        assert_eq!(
            stage.call("/v2/bot/message/multicast", body).await.0,
            status,
            "{count}"
        );
    }
}

#[tokio::test]
async fn an_unknown_multicast_recipient_is_refused_where_the_settings_say_so() {
    let stage = Stage::start().await;
    let settings = json!({"refuse_unknown_multicast": true});
    stage.sim(Method::PUT, "/settings", settings).await;
    let to = ["U0123456789abcdef0123456789abcdef"];
    let body = json!({"to": to, "messages": [{"type": "text", "text": "news"}]});
    let (status, answer) = stage.call("/v2/bot/message/multicast", body).await;
    assert_eq!(
        (status, &answer["message"]),
        (400, &json!("Failed to send messages"))
    );
}

#[tokio::test]
async fn a_broadcast_reaches_all_friends() {
    let stage = Stage::start().await;
    let (alice, bob) = (stage.friend("Alice").await, stage.friend("Bob").await);
    let body = json!({"messages": [{"type": "text", "text": "to all"}]});
    assert_eq!(
        stage.call("/v2/bot/message/broadcast", body).await,
        (200, json!({}))
    );
    assert_eq!(stage.heard(&alice).await, stage.heard(&bob).await);
}

#[tokio::test]
async fn validation_answers_without_sending() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    for kind in ["reply", "push", "multicast", "narrowcast", "broadcast"] {
        let path = format!("/v2/bot/message/validate/{kind}");
        let good = json!({"messages": [{"type": "text", "text": "hello"}]});
        assert_eq!(stage.call(&path, good).await, (200, json!({})));
        assert_eq!(stage.call(&path, json!({"messages": []})).await.0, 400);
    }
    assert!(stage.heard(&alice).await.is_empty());
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own() {
    let stage = Stage::start().await;
    let mut ids = Vec::new();
    for path in [
        "/v2/bot/info",
        "/v2/bot/info",
        "/oauth2/v2.1/verify",
        "/nowhere",
    ] {
        let response = stage.api(Method::GET, path).send().await.unwrap();
        ids.push(
            response.headers()["x-line-request-id"]
                .to_str()
                .unwrap()
                .to_owned(),
        );
    }
    ids.dedup();
    assert_eq!(ids.len(), 4);
    assert_eq!(ids[0].len(), 36);
    assert_eq!(ids[2].len(), 16);
}

#[tokio::test]
async fn a_missing_or_wrong_token_is_401() {
    let stage = Stage::start().await;
    let body = push_body("U0123456789abcdef0123456789abcdef", "hello");
    let bare = stage
        .request(Method::POST, "/v2/bot/message/push")
        .json(&body);
    let (status, answer) = crate::stage::read(bare).await;
    assert_eq!(status, 401);
    assert_eq!(
        answer["message"],
        "Authorization header required. Must follow the scheme, 'Authorization: Bearer <ACCESS TOKEN>'"
    );
    let wrong = stage
        .request(Method::POST, "/v2/bot/message/push")
        .bearer_auth("x")
        .json(&body);
    let (status, answer) = crate::stage::read(wrong).await;
    assert_eq!(status, 401);
    assert_eq!(
        answer["message"],
        "Authentication failed. Confirm that the access token in the authorization header is valid."
    );
}

#[tokio::test]
async fn other_media_types_broken_json_and_large_bodies_are_refused() {
    let stage = Stage::start().await;
    let push = || stage.api(Method::POST, "/v2/bot/message/push");
    let text = push().header("content-type", "text/plain").body("{}");
    let (status, answer) = crate::stage::read(text).await;
    assert_eq!(status, 415);
    assert_eq!(
        answer["message"],
        "The content type, text/plain, is not supported"
    );
    let json = || push().header("content-type", "application/json; charset=utf-8");
    let (status, answer) = crate::stage::read(json().body("{\"to\":")).await;
    assert_eq!(status, 400);
    assert_eq!(
        answer["message"],
        "The request body could not be parsed as JSON (line: 1, column: 6)"
    );
    let large = json().body(vec![b' '; 2 * 1024 * 1024 + 1]);
    assert_eq!(crate::stage::read(large).await.0, 413);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_404_in_lines_words() {
    let stage = Stage::start().await;
    let not_found = (404, json!({"message": "Not found"}));
    assert_eq!(stage.get("/v2/bot/nothing").await, not_found);
    assert_eq!(stage.get("/v2/bot/message/push").await, not_found);
    let content = stage.get("/v2/bot/message/1/content").await;
    assert_eq!(content, (404, json!({"message": "not found"})));
}
