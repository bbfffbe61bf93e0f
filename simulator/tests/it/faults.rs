//! Things that go wrong on purpose.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, push_body};

#[tokio::test]
async fn a_fault_hits_as_often_as_it_says() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let answer = json!({"respond": {"status": 503, "body": {"message": "later"}}});
    stage
        .fault(json!({"on": "push", "times": 2, "answer": answer}))
        .await;
    for status in [503, 503, 200] {
        assert_eq!(stage.push(&alice, "x").await.0, status);
    }
}

#[tokio::test]
async fn a_fault_without_end_lasts_until_it_is_removed() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage
        .fault(json!({"on": "*", "times": 0, "answer": {"respond": {"status": 500}}}))
        .await;
    for _ in 0..3 {
        assert_eq!(stage.push(&alice, "x").await.0, 500);
    }
    stage.sim(Method::DELETE, "/faults", Value::Null).await;
    assert_eq!(stage.push(&alice, "x").await.0, 200);
}

#[tokio::test]
async fn a_cut_connection_may_have_done_its_work() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    for (accept, heard) in [(false, 0), (true, 1)] {
        stage
            .fault(json!({"on": "push", "accept": accept, "answer": "cut"}))
            .await;
        let push = stage.api(Method::POST, "/v2/bot/message/push");
        let result = push.json(&push_body(&alice, "x")).send().await;
        assert!(result.is_err(), "{result:?}");
        assert_eq!(stage.heard(&alice).await.len(), heard);
    }
    let calls = stage.look("/calls?operation=push").await;
    assert_eq!(calls["calls"][0]["error"], "no answer");
}

#[tokio::test]
async fn a_hang_never_answers() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.fault(json!({"on": "push", "answer": "hang"})).await;
    let push = stage
        .api(Method::POST, "/v2/bot/message/push")
        .timeout(Duration::from_millis(200))
        .json(&push_body(&alice, "x"));
    assert!(push.send().await.unwrap_err().is_timeout());
    let calls = stage.look("/calls?operation=push").await;
    assert_eq!(calls["calls"][0]["error"], "no answer");
    assert_eq!(calls["calls"][0]["fault"], "hang");
}

#[tokio::test]
async fn answers_can_be_large_slow_redirecting_or_of_another_kind() {
    let stage = Stage::start().await;
    stage
        .fault(json!({"on": "bot_info", "answer": {"large": {"bytes": 5_000_000}}}))
        .await;
    let large = stage.api(Method::GET, "/v2/bot/info").send().await.unwrap();
    assert_eq!(large.bytes().await.unwrap().len(), 5_000_000);
    stage
        .fault(json!({"on": "bot_info", "delay_ms": 100, "answer": "usual"}))
        .await;
    let started = std::time::Instant::now();
    assert_eq!(stage.get("/v2/bot/info").await.0, 200);
    assert!(started.elapsed() >= Duration::from_millis(100));
    let headers = json!({"location": "http://127.0.0.1:9/"});
    let redirect = json!({"respond": {"status": 307, "headers": headers}});
    stage
        .fault(json!({"on": "bot_info", "answer": redirect}))
        .await;
    let response = stage.api(Method::GET, "/v2/bot/info").send().await.unwrap();
    assert_eq!(response.status(), 307);
    let html = json!({"respond": {"status": 200, "body": "<html>", "headers": {"content-type": "text/html"}}});
    stage.fault(json!({"on": "bot_info", "answer": html})).await;
    let response = stage.api(Method::GET, "/v2/bot/info").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/html");
}

#[tokio::test]
async fn a_misspelt_fault_is_refused() {
    let stage = Stage::start().await;
    for fault in [
        json!({"on": "push", "answer": "explode"}),
        json!({"on": "push", "answer": "cut", "tims": 3}),
        json!({"on": "psuh", "answer": "cut"}),
    ] {
        assert!(stage.try_sim(Method::POST, "/faults", fault).await.0 >= 400);
    }
}
