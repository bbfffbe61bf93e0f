use std::time::Duration;

use serde_json::{Value, json};
use users_client::Consent;

use crate::harness::{ALICE, BOB, START, TestApp, consent};

#[tokio::test]
async fn the_latest_word_counts_and_every_word_is_kept() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}/consents");
    app.clock.advance(Duration::from_secs(1));
    let words = json!([consent("news", false), consent("offers", true)]);
    let latest: Vec<Consent> = app
        .post("register-server", &path, &words)
        .await
        .assert(200)
        .json();
    let told: Vec<_> = latest
        .iter()
        .map(|consent| (consent.purpose.as_str(), consent.granted))
        .collect();
    assert_eq!(told, [("news", false), ("offers", true)]);
    assert!(latest.iter().all(|consent| consent.changed_at == app.now()));

    let history: Vec<Consent> = app.get("viewer", &path).await.assert(200).json();
    let told: Vec<_> = history
        .iter()
        .map(|consent| {
            (
                consent.purpose.as_str(),
                consent.granted,
                consent.changed_at,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("news", true, START),
            ("news", false, app.now()),
            ("offers", true, app.now())
        ]
    );
}

#[tokio::test]
async fn the_last_word_counts_even_within_a_millisecond() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}/consents");
    for granted in [false, true, false] {
        let words = json!([consent("news", granted)]);
        let latest: Value = app.post("register-server", &path, &words).await.json();
        assert_eq!(latest[0]["granted"], granted);
    }
}

#[tokio::test]
async fn saying_nothing_answers_what_is_known() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}/consents");
    let latest: Vec<Consent> = app
        .post("register-server", &path, &json!([]))
        .await
        .assert(200)
        .json();
    assert_eq!(latest.len(), 1);
}

#[tokio::test]
async fn wrong_consents_are_named_by_their_pointers_and_none_is_kept() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}/consents");
    let mut wrong = consent("offers", true);
    wrong["channel"] = json!("carrier-pigeon");
    let words = json!([consent("news", false), wrong]);
    let answer = app.post("register-server", &path, &words).await.assert(422);
    assert_eq!(answer.pointers(), ["/1/channel"]);
    let many: Vec<Value> = (0..51)
        .map(|number| consent(&format!("p{number}"), true))
        .collect();
    app.post("register-server", &path, &json!(many))
        .await
        .assert(422)
        .problem();
    let history: Vec<Consent> = app.get("viewer", &path).await.json();
    assert_eq!(history.len(), 1);
}

#[tokio::test]
async fn a_stranger_has_no_history() {
    let app = TestApp::start().await;
    app.get("viewer", &format!("/users/{BOB}/consents"))
        .await
        .assert(404)
        .problem();
}

/// The latest word of Alice on news: whether it is yes, and where she said so.
async fn word_on_news(app: &TestApp) -> (bool, String) {
    let history: Vec<Consent> = app
        .get("viewer", &format!("/users/{ALICE}/consents"))
        .await
        .assert(200)
        .json();
    let latest = history.into_iter().rfind(|word| word.purpose == "news");
    latest.map(|word| (word.granted, word.channel)).unwrap()
}

#[tokio::test]
async fn a_consent_is_taken_back_in_the_chat_once() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.clock.advance(Duration::from_secs(1));
    let path = format!("/users/{ALICE}/consents");
    for _ in 0..2 {
        app.delete("webhook", &format!("{path}/news"))
            .await
            .assert(204);
    }
    app.delete("webhook", &format!("{path}/offers"))
        .await
        .assert(204);
    let history: Vec<Consent> = app.get("viewer", &path).await.assert(200).json();
    assert_eq!(history.len(), 2);
    assert_eq!(word_on_news(&app).await, (false, "chat".into()));
    assert_eq!(history[1].version, history[0].version);
    let nobody = format!("/users/{BOB}/consents/news");
    app.delete("webhook", &nobody).await.assert(404).problem();
}

/// Such as an event that waited for us while the person changed their mind on the website.
#[tokio::test]
async fn what_is_taken_back_late_leaves_a_later_word_alone() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let said_at = app.now().as_millis();
    app.clock.advance(Duration::from_mins(1));
    let words = json!([consent("news", true)]);
    let path = format!("/users/{ALICE}");
    app.post("register-server", &format!("{path}/consents"), &words)
        .await
        .assert(200);
    app.put(
        "register-server",
        &format!("{path}/topics/sale"),
        &json!(null),
    )
    .await
    .assert(204);
    for late in ["consents/news", "topics/sale"] {
        let late = format!("{path}/{late}?said_at={said_at}");
        app.delete("webhook", &late).await.assert(204);
    }
    assert!(word_on_news(&app).await.0);
    let topics: Value = app.get("viewer", &format!("{path}/topics")).await.json();
    assert_eq!(topics[0]["subscribed"], true);
    for now in ["consents/news", "topics/sale"] {
        let now = format!("{path}/{now}?said_at={}", app.now().as_millis());
        app.delete("webhook", &now).await.assert(204);
    }
    assert!(!word_on_news(&app).await.0);
    let topics: Value = app.get("viewer", &format!("{path}/topics")).await.json();
    assert_eq!(topics[0]["subscribed"], false);
}
