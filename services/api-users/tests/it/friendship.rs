use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{ALICE, BOB, START, TestApp};

/// Every order of the elements.
fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for index in 0..items.len() {
        let mut others = items.to_vec();
        let first = others.remove(index);
        for mut rest in permutations(&others) {
            rest.insert(0, first.clone());
            all.push(rest);
        }
    }
    all
}

async fn friendship(app: &TestApp, luid: &str) -> Value {
    app.get("viewer", &format!("/users/{luid}"))
        .await
        .assert(200)
        .json::<Value>()["friendship"]
        .take()
}

#[tokio::test]
async fn the_latest_event_wins_in_every_order() {
    let app = TestApp::start().await;
    // The last two share a millisecond: the event's ID decides.
    let events = [
        ("following", 1, "01A"),
        ("blocked", 2, "01B"),
        ("following", 3, "01C"),
        ("blocked", 3, "01D"),
    ];
    for (number, order) in permutations(&events).into_iter().enumerate() {
        let luid = format!("Uorder{number}");
        app.register(&luid).await.assert(201);
        for (state, second, id) in order {
            app.friendship_event(&luid, state, START + Duration::from_secs(second), id)
                .await;
        }
        assert_eq!(friendship(&app, &luid).await, "blocked", "order {number}");
    }
}

#[tokio::test]
async fn the_same_event_again_changes_nothing() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.friendship_event(ALICE, "following", START, "01A").await;
    let before: Value = app.get("viewer", &format!("/users/{ALICE}")).await.json();
    app.clock.advance(Duration::from_secs(1));
    app.friendship_event(ALICE, "blocked", START, "01A").await;
    let after: Value = app.get("viewer", &format!("/users/{ALICE}")).await.json();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_strangers_friendship_is_known_when_they_register() {
    let app = TestApp::start().await;
    app.friendship_event(BOB, "following", START, "01A").await;
    assert!(!app.is_member(BOB).await);
    let member: Value = app.register(BOB).await.assert(201).json();
    assert_eq!(member["friendship"], "following");
}

#[tokio::test]
async fn unknown_is_not_a_thing_to_tell() {
    let app = TestApp::start().await;
    let path = format!("/users/{ALICE}/friendship");
    let body = json!({ "friendship": "unknown", "event_at": START, "event_id": "" });
    let answer = app.put("webhook", &path, &body).await.assert(422);
    assert_eq!(answer.pointers(), ["/friendship", "/event_id"]);
    let body = json!({ "friendship": "married", "event_at": START, "event_id": "01A" });
    app.put("webhook", &path, &body).await.assert(422).problem();
}

#[tokio::test]
async fn u23_an_event_from_before_an_erasure_brings_nobody_back() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.clock.advance(Duration::from_mins(1));
    app.delete("register-server", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    let erased_at = app.now();
    app.clock.advance(Duration::from_mins(1));
    let late = erased_at - Duration::from_millis(1);
    app.friendship_event(ALICE, "following", late, "01A").await;
    assert_eq!(app.count("select count(*) from friendship").await, 0);
    app.friendship_event(ALICE, "blocked", erased_at, "01B")
        .await;
    assert_eq!(app.count("select count(*) from friendship").await, 1);
}
