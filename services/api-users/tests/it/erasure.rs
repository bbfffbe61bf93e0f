use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{ALICE, BOB, TestApp, candidate, consent};

#[tokio::test]
async fn u23_an_erased_person_is_gone_and_nobody_else() {
    let app = TestApp::start().await;
    for luid in [ALICE, BOB] {
        app.register(luid).await.assert(201);
        app.friendship_event(luid, "following", app.now(), "e1")
            .await;
    }
    app.clock.advance(Duration::from_mins(1));
    app.delete("register-server", &format!("/users/{ALICE}"))
        .await
        .assert(204);

    for table in ["member", "consent", "friendship", "tombstone"] {
        let rows = format!("select count(*) from {table}");
        assert_eq!(app.count(&rows).await, 1, "{table}");
    }
    app.get("viewer", &format!("/users/{ALICE}"))
        .await
        .assert(404)
        .problem();
    assert!(!app.is_member(ALICE).await);
    assert!(app.is_member(BOB).await);
}

#[tokio::test]
async fn erasing_again_or_a_stranger_is_no_error() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    for luid in [ALICE, ALICE, BOB] {
        app.delete("register-server", &format!("/users/{luid}"))
            .await
            .assert(204);
    }
}

#[tokio::test]
async fn erasing_again_does_not_lock_out_who_signed_in_between() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}");
    app.delete("register-server", &path).await.assert(204);
    app.clock.advance(Duration::from_mins(1));
    let signed_in_at = app.now();
    app.clock.advance(Duration::from_mins(1));
    app.delete("register-server", &path).await.assert(204);
    let mut body = candidate(ALICE);
    body["signed_in_at"] = json!(signed_in_at);
    app.post("register-server", "/register", &body)
        .await
        .assert(201);
}

#[tokio::test]
async fn who_comes_back_starts_anew() {
    let app = TestApp::start().await;
    let before: Value = app.register(ALICE).await.assert(201).json();
    app.friendship_event(ALICE, "following", app.now(), "e1")
        .await;
    let path = format!("/users/{ALICE}");
    app.post("register-server", &format!("{path}/leave"), &Value::Null)
        .await
        .assert(204);
    app.clock.advance(Duration::from_mins(1));
    app.delete("register-server", &path).await.assert(204);
    let body = json!({ "luid": ALICE, "display_name": "Alice again", "signed_in_at": app.now() });
    let after: Value = app
        .post("register-server", "/register", &body)
        .await
        .assert(201)
        .json();
    assert_ne!(after["member_id"], before["member_id"]);
    assert_eq!(after["friendship"], "unknown");
    assert_eq!(after["consents"], json!([]));
    let words = json!([consent("news", true)]);
    app.post("register-server", &format!("{path}/consents"), &words)
        .await
        .assert(200);
    assert!(app.is_member(ALICE).await);
}

#[tokio::test]
async fn tombstones_go_after_31_days() {
    let app = TestApp::start().await;
    app.delete("admin", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    let app = app.restart().await;
    assert_eq!(app.count("select count(*) from tombstone").await, 1);
    app.clock.advance(Duration::from_hours(31 * 24));
    let app = app.restart().await;
    app.delete("admin", &format!("/users/{BOB}"))
        .await
        .assert(204);
    assert_eq!(app.count("select count(*) from tombstone").await, 1);
}

#[tokio::test]
async fn who_left_and_came_back_is_not_erased_by_a_late_request() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.post(
        "register-server",
        &format!("/users/{ALICE}/leave"),
        &json!({}),
    )
    .await
    .assert(204);
    let late = format!("/users/{ALICE}?status=leaving");
    app.delete("register-server", &late).await.assert(204);
    assert!(!app.is_member(ALICE).await);

    app.clock.advance(Duration::from_secs(1));
    app.register(ALICE).await.assert(201);
    app.delete("register-server", &late).await.assert(204);
    assert!(app.is_member(ALICE).await);
    assert_eq!(app.count("select count(*) from member").await, 1);
}
