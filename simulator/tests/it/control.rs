//! The control API itself: inspector, settings, clock, safety.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Config, Simulator};

use crate::stage::Stage;

#[tokio::test]
async fn the_inspector_shows_both_directions_without_the_token() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.say(&alice, "hi").await;
    stage.push(&alice, "hello").await;
    let seen = stage.look("/calls").await;
    let calls = seen["calls"].as_array().unwrap();
    assert_eq!(calls[0]["direction"], "to_bot");
    assert_eq!(calls[0]["signature"]["right"], true);
    assert_eq!(
        calls[0]["request"]["body"]["events"][0]["message"]["text"],
        "hi"
    );
    assert_eq!(calls[1]["direction"], "to_line");
    assert_eq!(calls[1]["status"], 200);
    assert_eq!(
        calls[1]["answer"]["body"]["sentMessages"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(calls[1]["request"]["headers"]["authorization"], "(hidden)");
    assert!(
        !seen
            .to_string()
            .contains(&stage.credentials.channel_access_token)
    );
}

#[tokio::test]
async fn calls_can_be_waited_for() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let path = "/calls?operation=push&wait_ms=10000";
    let (calls, _) = tokio::join!(stage.look(path), stage.push(&alice, "hello"));
    assert_eq!(calls["calls"][0]["operation"], "push");
}

#[tokio::test]
async fn people_change_and_go() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let path = format!("/people/{alice}");
    let changes = json!({"language": "th", "name": "Alicia"});
    let view = stage.sim(Method::PATCH, &path, changes).await;
    assert_eq!(
        (&view["name"], &view["language"]),
        (&json!("Alicia"), &json!("th"))
    );
    let view = stage
        .sim(Method::PATCH, &path, json!({"language": null}))
        .await;
    assert_eq!(view["language"], Value::Null);
    stage.sim(Method::DELETE, &path, Value::Null).await;
    assert_eq!(stage.try_sim(Method::GET, &path, Value::Null).await.0, 404);
}

#[tokio::test]
async fn ids_can_be_chosen_but_not_twice_nor_at_will() {
    let stage = Stage::start().await;
    let id = "U00000000000000000000000000000abc";
    let create = |id: &str| json!({"name": "Alice", "id": id});
    let person = stage.tell("/people", create(id)).await;
    assert_eq!(person["id"], id);
    assert_eq!(
        stage.try_sim(Method::POST, "/people", create(id)).await.0,
        409
    );
    assert_eq!(
        stage
            .try_sim(Method::POST, "/people", create("alice"))
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn the_clock_moves_ahead_only() {
    let stage = Stage::start().await;
    let now = stage.tell("/clock/advance", json!({"ms": 1500})).await;
    assert_eq!(now["now"], crate::stage::START + 1500);
    assert_eq!(stage.look("/clock").await, now);
    let back = stage
        .try_sim(Method::POST, "/clock/advance", json!({"ms": -1}))
        .await;
    assert_eq!(back.0, 400);
}

#[tokio::test]
async fn another_website_in_the_same_browser_cannot_act() {
    let stage = Stage::start().await;
    let post = |origin: &str| {
        let request = stage
            .request(Method::POST, "/_sim/people")
            .header("origin", origin);
        crate::stage::read(request.json(&json!({"name": "Mallory"})))
    };
    assert_eq!(post("https://evil.example").await.0, 403);
    assert_eq!(post("null").await.0, 403);
    assert_eq!(post(&stage.url).await.0, 201);
}

#[tokio::test]
async fn state_tells_the_page_everything() {
    let stage = Stage::start().await;
    stage.friend("Alice").await;
    let shown = stage.look("/state").await;
    assert_eq!(shown["people"][0]["friendship"], "friend");
    assert_eq!(shown["quota"], json!({"limit": 5000, "used": 0}));
    assert_eq!(shown["webhook"]["redelivery"], false);
    let secret = &stage.credentials.channel_secret;
    assert!(!shown.to_string().contains(secret));
}

#[tokio::test]
async fn the_stream_tells_what_changes() {
    let stage = Stage::start().await;
    let mut stream = stage
        .request(Method::GET, "/_sim/stream")
        .send()
        .await
        .unwrap();
    let alice = stage.friend("Alice").await;
    stage.push(&alice, "live").await;
    let mut text = String::new();
    while !text.contains("\"call\"") {
        text += std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap();
    }
    assert!(text.contains("\"state\"") && text.contains("live"));
}

#[tokio::test]
async fn a_misspelt_setting_is_refused() {
    let stage = Stage::start().await;
    let wrong = json!({"redeliver": true});
    assert_eq!(stage.try_sim(Method::PUT, "/webhook", wrong).await.0, 400);
}

#[tokio::test]
async fn stopping_ends_streams_long_polls_and_hanging_calls() {
    let simulator = Simulator::build(Config::ephemeral()).await.unwrap();
    let url = simulator.url();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(simulator.serve(async {
        let _ = stopped.await;
    }));
    let http = reqwest::Client::new();
    let fault = json!({"on": "bot_info", "answer": "hang"});
    http.post(format!("{url}/_sim/faults"))
        .json(&fault)
        .send()
        .await
        .unwrap();
    let _stream = http.get(format!("{url}/_sim/stream")).send().await.unwrap();
    let get = |path: &str| tokio::spawn(http.get(format!("{url}{path}")).send());
    let poll = get("/_sim/calls?operation=push&wait_ms=30000");
    let hanging = get("/v2/bot/info");
    // The hanging call is recorded before it hangs.
    http.get(format!("{url}/_sim/calls?wait_ms=5000"))
        .send()
        .await
        .unwrap();
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(2), serving).await;
    assert!(ended.expect("it stops at once").unwrap().is_ok());
    assert_eq!(poll.await.unwrap().unwrap().status(), 200);
    assert!(hanging.await.unwrap().is_err());
}

#[tokio::test]
async fn in_a_cluster_it_has_another_origin_than_its_address_and_its_secrets_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("channel-secret");
    std::fs::write(&file, "8c570fa6dd201bb328f1c1eac23a96d8\n").unwrap();
    let config = Config {
        public_url: Some("http://localhost:8900".parse().unwrap()),
        line_channel_secret_file: Some(file.clone()),
        ..Config::ephemeral()
    };
    let simulator = Simulator::build(config.clone()).await.unwrap();
    assert_eq!(simulator.url(), "http://localhost:8900");
    assert_eq!(
        simulator.credentials().channel_secret,
        "8c570fa6dd201bb328f1c1eac23a96d8"
    );

    std::fs::write(&file, "\n").unwrap();
    let error = Simulator::build(config).await.unwrap_err().to_string();
    assert_eq!(error, "LINE_CHANNEL_SECRET is empty");
}
