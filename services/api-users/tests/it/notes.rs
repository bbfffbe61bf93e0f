//! Topics, tags and attributes.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{ALICE, Answer, BOB, TestApp, answer};

async fn member(app: &TestApp) -> Value {
    app.get("viewer", &format!("/users/{ALICE}"))
        .await
        .assert(200)
        .json()
}

async fn put(app: &TestApp, rest: &str) -> Answer {
    let request = app.request("editor", Method::PUT, &format!("/users/{ALICE}{rest}"));
    answer(request).await
}

async fn remove(app: &TestApp, rest: &str) -> Answer {
    app.delete("editor", &format!("/users/{ALICE}{rest}")).await
}

#[tokio::test]
async fn tags_are_put_on_and_taken_off() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    for tag in ["vip", "%E8%B2%B4%E8%B3%93", "vip", "50%25%20off%2Fyear"] {
        put(&app, &format!("/tags/{tag}")).await.assert(204);
    }
    assert_eq!(
        member(&app).await["tags"],
        json!(["50% off/year", "vip", "貴賓"])
    );
    remove(&app, "/tags/vip").await.assert(204);
    remove(&app, "/tags/vip").await.assert(204);
    assert_eq!(member(&app).await["tags"], json!(["50% off/year", "貴賓"]));
}

#[tokio::test]
async fn an_attribute_keeps_the_type_that_it_was_given() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    for (name, value) in [
        ("city", json!("台北")),
        ("visits", json!(3)),
        ("score", json!(-0.25)),
        ("large", json!(1e300)),
        ("is_staff", json!(false)),
        ("birthday", json!("2000-02-29")),
    ] {
        let path = format!("/users/{ALICE}/attributes/{name}");
        app.put("editor", &path, &value).await.assert(204);
    }
    app.put(
        "editor",
        &format!("/users/{ALICE}/attributes/visits"),
        &json!(4.0),
    )
    .await
    .assert(204);
    remove(&app, "/attributes/birthday").await.assert(204);
    let expected = json!({
        "city": "台北", "is_staff": false, "large": 1e300, "score": -0.25, "visits": 4,
    });
    assert_eq!(member(&app).await["attributes"], expected);
}

#[tokio::test]
async fn u15_an_attribute_is_a_text_a_number_or_a_truth() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}/attributes/city");
    for value in [
        json!(null),
        json!([]),
        json!({}),
        json!("x".repeat(501)),
        json!("a\u{0}b"),
    ] {
        app.put("editor", &path, &value).await.assert(422).problem();
    }
    let request = app.request("editor", Method::PUT, &path);
    answer(
        request
            .header("content-type", "application/json")
            .body("1e400"),
    )
    .await
    .assert(422);
    assert_eq!(member(&app).await["attributes"], json!({}));
}

#[tokio::test]
async fn the_longest_text_of_the_widest_characters_is_taken() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let name = "n".repeat(40);
    let path = format!("/users/{ALICE}/attributes/{name}");
    // Nothing in it repeats, so that no database makes it any shorter.
    let widest: String = (0..500)
        .filter_map(|at| char::from_u32(0x2_0000 + at * 83))
        .collect();
    assert_eq!(widest.len(), 2_000);
    app.put("editor", &path, &json!(widest)).await.assert(204);
    assert_eq!(member(&app).await["attributes"], json!({ name: widest }));
}

#[tokio::test]
async fn u12_names_that_are_none_are_refused() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    for rest in [
        "/attributes/City",
        "/attributes/9lives",
        "/attributes/a%00b",
        "/topics/Weekly%20News",
        "/tags/%00",
        "/tags/%20vip",
        "/tags/%E2%80%AEvip",
    ] {
        remove(&app, rest).await.assert(400).problem();
    }
    remove(&app, &format!("/tags/{}", "x".repeat(41)))
        .await
        .assert(400);
}

#[tokio::test]
async fn a_topic_is_what_the_member_said_last() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}/topics/weekly");
    answer(app.request("register-server", Method::PUT, &path))
        .await
        .assert(204);
    let said = json!([{ "topic": "weekly", "subscribed": true, "changed_at": app.now() }]);
    assert_eq!(member(&app).await["topics"], said);
    app.delete("webhook", &path).await.assert(204);
    let listed: Value = app
        .get("viewer", &format!("/users/{ALICE}/topics"))
        .await
        .assert(200)
        .json();
    assert_eq!(listed[0]["subscribed"], false);
    assert_eq!(listed, member(&app).await["topics"]);
}

#[tokio::test]
async fn there_is_room_for_a_hundred_tags() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    for number in 0..100 {
        put(&app, &format!("/tags/tag-{number}")).await.assert(204);
    }
    let refused = put(&app, "/tags/one-more").await.assert(409);
    assert_eq!(refused.problem().kind, "/problems/no-room");
    put(&app, "/tags/tag-99").await.assert(204);
    remove(&app, "/tags/tag-0").await.assert(204);
    put(&app, "/tags/one-more").await.assert(204);
}

#[tokio::test]
async fn strangers_and_who_is_leaving_have_no_notes() {
    let app = TestApp::start().await;
    let path = format!("/users/{BOB}/tags/vip");
    answer(app.request("editor", Method::PUT, &path))
        .await
        .assert(404)
        .problem();
    app.get("viewer", &format!("/users/{BOB}/topics"))
        .await
        .assert(404);
    app.register(ALICE).await.assert(201);
    app.post("admin", &format!("/users/{ALICE}/leave"), &Value::Null)
        .await
        .assert(204);
    let refused = put(&app, "/tags/vip").await.assert(409);
    assert_eq!(refused.problem().kind, "/problems/leaving");
}
