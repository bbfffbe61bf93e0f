use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::harness::{ALICE, BOB, START, TestApp, answer, consent};

#[tokio::test]
async fn a_stranger_is_not_found_and_has_a_membership_view() {
    let app = TestApp::start().await;
    let answer = app
        .get("viewer", &format!("/users/{BOB}"))
        .await
        .assert(404);
    assert_eq!(answer.problem().kind, "/problems/no-such-member");
    let view: Value = app
        .get("webhook", &format!("/users/{BOB}/membership"))
        .await
        .assert(200)
        .json();
    assert_eq!(view, json!({ "member": false, "language": null }));
}

#[tokio::test]
async fn the_membership_view_tells_the_language_and_nothing_else() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let view: Value = app
        .get("webhook", &format!("/users/{ALICE}/membership"))
        .await
        .assert(200)
        .json();
    assert_eq!(view, json!({ "member": true, "language": "zh-TW" }));
}

#[tokio::test]
async fn memberships_come_in_the_order_of_the_question_and_as_often() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.register(BOB).await.assert(201);
    let leave = format!("/users/{BOB}/leave");
    app.post("register-server", &leave, &json!({})).await;
    let question = json!({ "luids": [BOB, ALICE, "Ustranger", ALICE] });
    let answer: Value = app
        .post("webhook", "/memberships", &question)
        .await
        .assert(200)
        .json();
    let (alice, other) = (
        json!({ "member": true, "language": "zh-TW" }),
        json!({ "member": false, "language": null }),
    );
    assert_eq!(
        answer,
        json!({ "memberships": [other, alice, other, alice] })
    );
}

#[tokio::test]
async fn memberships_of_too_many_or_of_what_is_nobody_are_refused() {
    let app = TestApp::start().await;
    let ask = async |luids: Vec<String>| {
        let question = json!({ "luids": luids });
        app.post("webhook", "/memberships", &question).await
    };
    let person = |number| format!("{number:080}");
    ask((0..500).map(person).collect()).await.assert(200);
    let answer = ask((0..501).map(person).collect()).await.assert(422);
    assert_eq!(answer.pointers(), ["/luids"]);
    let answer = ask(vec![ALICE.into(), "a b".into(), String::new()])
        .await
        .assert(422);
    assert_eq!(answer.pointers(), ["/luids/1", "/luids/2"]);
}

#[tokio::test]
async fn a_change_changes_what_it_names() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.clock.advance(Duration::from_secs(5));
    let change = json!({ "display_name": "Alicia", "time_zone": "Asia/Tokyo" });
    let member: Value = app
        .patch("register-server", &format!("/users/{ALICE}"), &change)
        .await
        .assert(200)
        .json();
    assert_eq!(member["display_name"], "Alicia");
    assert_eq!(member["time_zone"], "Asia/Tokyo");
    assert_eq!(member["language"], "zh-TW");
    assert_eq!(member["created_at"], json!(START));
    assert_eq!(member["updated_at"], json!(app.now()));
    let found: Value = app.get("viewer", &format!("/users/{ALICE}")).await.json();
    assert_eq!(found, member);
}

#[tokio::test]
async fn a_stranger_cannot_be_changed_or_leave() {
    let app = TestApp::start().await;
    let path = format!("/users/{BOB}");
    let change = json!({ "language": "ja" });
    app.patch("editor", &path, &change)
        .await
        .assert(404)
        .problem();
    let consents = json!([consent("news", true)]);
    app.post("register-server", &format!("{path}/consents"), &consents)
        .await
        .assert(404)
        .problem();
    app.post("admin", &format!("{path}/leave"), &Value::Null)
        .await
        .assert(404)
        .problem();
}

#[tokio::test]
async fn who_leaves_is_a_stranger_at_once_and_leaving_twice_is_leaving() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}");
    for _ in 0..2 {
        app.post("register-server", &format!("{path}/leave"), &Value::Null)
            .await
            .assert(204);
        assert!(!app.is_member(ALICE).await);
    }
    let member: Value = app.get("register-server", &path).await.assert(200).json();
    assert_eq!(member["status"], "leaving");
}

#[tokio::test]
async fn who_leaves_is_not_changed_any_more() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}");
    app.post("register-server", &format!("{path}/leave"), &Value::Null)
        .await
        .assert(204);
    let consents = json!([consent("offers", true)]);
    for refused in [
        app.patch("register-server", &path, &json!({ "language": "ja" }))
            .await,
        app.post("register-server", &format!("{path}/consents"), &consents)
            .await,
    ] {
        assert_eq!(refused.assert(409).problem().kind, "/problems/leaving");
    }
    assert_eq!(app.count("select count(*) from consent").await, 1);
}

#[tokio::test]
async fn u14_what_is_not_the_callers_to_change_changes_nothing() {
    let app = TestApp::start().await;
    let before: Value = app.register(ALICE).await.assert(201).json();
    let path = format!("/users/{ALICE}");
    for field in [
        "role",
        "line_user_id",
        "luid",
        "created_at",
        "status",
        "member_id",
        "picture_url",
    ] {
        let change = json!({ "display_name": "Mallory", field: "x" });
        app.patch("admin", &path, &change)
            .await
            .assert(422)
            .problem();
    }
    let after: Value = app.get("admin", &path).await.json();
    assert_eq!(after, before);
}

#[tokio::test]
async fn head_answers_as_get_without_the_body() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    for (path, status) in [
        (format!("/users/{ALICE}"), 200),
        (format!("/users/{BOB}"), 404),
        ("/users".into(), 200),
    ] {
        let head = answer(app.request("viewer", Method::HEAD, &path))
            .await
            .assert(status);
        assert!(head.body.is_empty());
    }
}
