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
