use std::time::Duration;

use http::{Method, header};
use serde_json::{Value, json};

use crate::harness::{ALICE, Answer, BOB, TestApp, answer, consent};

fn path() -> String {
    format!("/users/{ALICE}")
}

fn tag(answer: &Answer) -> String {
    answer.headers[header::ETAG].to_str().unwrap().to_owned()
}

async fn current(app: &TestApp) -> String {
    tag(&app.get("viewer", &path()).await.assert(200))
}

async fn patch_if(app: &TestApp, etag: &str, name: &str) -> Answer {
    let request = app.request("editor", Method::PATCH, &path());
    let change = json!({ "display_name": name });
    answer(request.header(header::IF_MATCH, etag).json(&change)).await
}

#[tokio::test]
async fn u19_a_change_to_what_is_no_longer_so_is_refused() {
    let app = TestApp::start().await;
    let created = app.register(ALICE).await.assert(201);
    assert_eq!(tag(&created), current(&app).await);
    let changed = patch_if(&app, &tag(&created), "First").await.assert(200);
    assert_ne!(tag(&changed), tag(&created));
    let stale = patch_if(&app, &tag(&created), "Second").await.assert(412);
    assert_eq!(stale.problem().kind, "/problems/changed");
    let member: Value = app.get("viewer", &path()).await.json();
    assert_eq!(member["display_name"], "First");
    patch_if(&app, "*", "Third").await.assert(200);
    let any = format!("\"other\", {}", current(&app).await);
    patch_if(&app, &any, "Fourth").await.assert(200);
    patch_if(&app, "no tag", "Fifth").await.assert(412);
}

#[tokio::test]
async fn u19_everything_that_changes_a_member_changes_their_tag() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let mut before = current(&app).await;
    let edits = [
        (Method::PUT, "/tags/vip", Value::Null, "editor"),
        (
            Method::PUT,
            "/topics/weekly",
            Value::Null,
            "register-server",
        ),
        (Method::PUT, "/attributes/visits", json!(3), "editor"),
        (
            Method::POST,
            "/consents",
            json!([consent("news", false)]),
            "register-server",
        ),
        (
            Method::PUT,
            "/friendship",
            json!({ "friendship": "blocked", "event_at": 1, "event_id": "e" }),
            "webhook",
        ),
        (Method::PUT, "/tags/vip", Value::Null, "editor"),
        (Method::POST, "/leave", Value::Null, "admin"),
    ];
    for (step, (method, rest, body, caller)) in edits.into_iter().enumerate() {
        let request = app.request(caller, method, &format!("{}{rest}", path()));
        let done = answer(request.json(&body)).await;
        assert!(done.status.is_success(), "{rest}: {done:?}");
        let after = current(&app).await;
        // The second time the tag is there already, and nothing changes.
        assert_eq!(after == before, step == 5, "{rest}");
        before = after;
    }
}

#[tokio::test]
async fn u19_what_hangs_on_a_member_may_depend_on_their_tag_too() {
    let app = TestApp::start().await;
    let stale = tag(&app.register(ALICE).await.assert(201));
    patch_if(&app, &stale, "Changed").await.assert(200);
    for (method, rest) in [
        (Method::PUT, "/tags/vip"),
        (Method::DELETE, "/attributes/visits"),
        (Method::PUT, "/topics/weekly"),
    ] {
        let request = app.request("editor", method, &format!("{}{rest}", path()));
        answer(request.header(header::IF_MATCH, &stale))
            .await
            .assert(412);
    }
    let member: Value = app.get("viewer", &path()).await.json();
    assert_eq!(
        (&member["tags"], &member["topics"]),
        (&json!([]), &json!([]))
    );
}

#[tokio::test]
async fn who_has_the_document_already_is_not_sent_it_again() {
    let app = TestApp::start().await;
    let known = tag(&app.register(ALICE).await.assert(201));
    let ask = |etag: &str| {
        let request = app.request("viewer", Method::GET, &path());
        answer(request.header(header::IF_NONE_MATCH, etag))
    };
    let same = ask(&known).await.assert(304);
    assert!(same.body.is_empty());
    assert_eq!(tag(&same), known);
    ask("\"other\"").await.assert(200);
    app.clock.advance(Duration::from_secs(1));
    patch_if(&app, &known, "Changed").await.assert(200);
    ask(&known).await.assert(200);
}

#[tokio::test]
async fn nobody_is_created_by_a_condition() {
    let app = TestApp::start().await;
    let request = app.request("editor", Method::PATCH, &format!("/users/{BOB}"));
    let change = json!({ "display_name": "Bob" });
    answer(request.header(header::IF_MATCH, "*").json(&change))
        .await
        .assert(404);
}
