use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::failure::assert_unavailable;
use crate::harness::{ALICE, BOB, TestApp};

/// What was asked, by whom, and what came of it, oldest first. Asking this is on the list too.
async fn list(app: &TestApp, query: &str) -> Vec<Value> {
    let page: Value = app
        .get("admin", &format!("/audit?{query}"))
        .await
        .assert(200)
        .json();
    page["entries"].as_array().unwrap().clone()
}

fn told(entries: &[Value]) -> Vec<String> {
    let line = |entry: &Value| {
        format!(
            "{} {} {} {}",
            entry["role"].as_str().unwrap(),
            entry["method"].as_str().unwrap(),
            entry["route"].as_str().unwrap(),
            entry["status"]
        )
    };
    entries.iter().map(line).collect()
}

fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    bytes.iter().flat_map(digits).flatten().collect()
}

#[tokio::test]
async fn what_operators_ask_is_written_down_and_what_came_of_it() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}");
    app.get("viewer", &path).await.assert(200);
    app.patch("viewer", &path, &json!({ "language": "ja" }))
        .await
        .assert(403);
    app.patch("editor", &path, &json!({ "language": "?" }))
        .await
        .assert(422);
    app.get("viewer", "/users?limit=10").await.assert(200);
    assert!(app.is_member(ALICE).await);
    let entries = list(&app, "").await;
    assert_eq!(
        told(&entries),
        [
            "viewer GET /users/{luid} 200",
            "viewer PATCH /users/{luid} 403",
            "editor PATCH /users/{luid} 422",
            "viewer GET /users 200",
            "admin GET /audit null",
        ]
    );
    assert_eq!(entries[0]["subject"], "someone");
    assert_eq!(entries[0]["asked_at"], json!(app.now()));
    let sha256 = digest(&SHA256, ALICE.as_bytes());
    assert_eq!(entries[0]["luid_digest"], json!(hex(sha256.as_ref())));
    assert_eq!(entries[3]["luid_digest"], Value::Null);
}

#[tokio::test]
async fn who_takes_a_persons_data_away_is_written_down_whoever_it_is() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.register(BOB).await.assert(201);
    let path = format!("/users/{ALICE}");
    app.get("register-server", &path).await.assert(200);
    app.get("register-server", &format!("{path}/export"))
        .await
        .assert(200);
    app.post("register-server", &format!("{path}/leave"), &Value::Null)
        .await
        .assert(204);
    app.delete("register-server", &path).await.assert(204);
    app.get("admin", &format!("/users/{BOB}")).await.assert(200);
    let entries = list(&app, &format!("luid={ALICE}")).await;
    assert_eq!(
        told(&entries),
        [
            "register-server GET /users/{luid}/export 200",
            "register-server POST /users/{luid}/leave 204",
            "register-server DELETE /users/{luid} 204",
        ]
    );
}

#[tokio::test]
async fn a_person_may_see_who_asked_about_them() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}");
    app.get("viewer", &path).await.assert(200);
    let export: Value = app
        .get("register-server", &format!("{path}/export"))
        .await
        .json();
    let entries = export["audit"].as_array().unwrap();
    assert_eq!(
        told(entries),
        [
            "viewer GET /users/{luid} 200",
            "register-server GET /users/{luid}/export null",
        ]
    );
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    let app = TestApp::start().await;
    for _ in 0..5 {
        app.get("viewer", "/users").await.assert(200);
    }
    let first: Value = app.get("admin", "/audit?limit=3").await.assert(200).json();
    assert_eq!(first["entries"].as_array().unwrap().len(), 3);
    let after = first["next_after"].as_i64().unwrap();
    let rest: Value = app
        .get("admin", &format!("/audit?after={after}"))
        .await
        .assert(200)
        .json();
    assert_eq!(rest["entries"].as_array().unwrap().len(), 4);
    assert_eq!(rest["next_after"], Value::Null);
    for query in [
        "limit=0",
        "limit=1001",
        "after=-1",
        "after=x",
        "luid=%00",
        "who=me",
    ] {
        app.get("admin", &format!("/audit?{query}"))
            .await
            .assert(400);
    }
}

#[tokio::test]
async fn nothing_is_done_that_cannot_be_written_down() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.execute("alter table audit rename to gone").await;
    let path = format!("/users/{ALICE}");
    assert_unavailable(app.get("viewer", &path).await);
    assert_unavailable(app.delete("admin", &path).await);
    assert!(app.is_member(ALICE).await);
}

#[tokio::test]
async fn whom_it_was_about_is_forgotten_with_the_person_and_all_of_it_after_a_year() {
    let app = TestApp::start().await;
    for luid in [BOB, ALICE] {
        app.register(luid).await.assert(201);
        app.delete("admin", &format!("/users/{luid}"))
            .await
            .assert(204);
        app.clock.advance(Duration::from_hours(2 * 24));
    }
    let about = "select count(*) from audit where luid_digest is not null";
    assert_eq!(app.count(about).await, 2);
    app.clock.advance(Duration::from_hours(28 * 24));
    let app = app.restart().await;
    settles_at(&app, about, 1).await;
    let entries = list(&app, "").await;
    assert_eq!(told(&entries)[0], "admin DELETE /users/{luid} 204");
    let digests = entries.iter().map(|entry| entry["luid_digest"].is_null());
    assert_eq!(digests.collect::<Vec<_>>(), [true, false, true]);
    app.clock.advance(Duration::from_hours(366 * 24));
    let app = app.restart().await;
    settles_at(&app, "select count(*) from audit", 0).await;
}

/// What is due is forgotten soon after a start.
async fn settles_at(app: &TestApp, sql: &str, count: i64) {
    let settled = async {
        while app.count(sql).await != count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled)
        .await
        .expect("it is not forgotten");
}
