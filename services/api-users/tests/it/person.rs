//! What a member tells of themselves, and what they may take with them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{ALICE, BOB, START, TestApp, candidate, consent};

fn path(rest: &str) -> String {
    format!("/users/{ALICE}{rest}")
}

#[tokio::test]
async fn contact_and_quiet_hours_are_kept_and_taken_back() {
    let app = TestApp::start().await;
    let mut alice = candidate(ALICE);
    alice["email"] = json!("alice@example.com");
    alice["phone"] = json!("+886912345678");
    alice["quiet_hours"] = json!({ "from": "22:00", "until": "07:30" });
    let member: Value = app
        .post("register-server", "/register", &alice)
        .await
        .assert(201)
        .json();
    for field in ["email", "phone", "quiet_hours"] {
        assert_eq!(member[field], alice[field], "{field}");
    }
    let change = json!({ "email": null, "quiet_hours": { "from": "00:00", "until": "06:00" } });
    let member: Value = app
        .patch("register-server", &path(""), &change)
        .await
        .assert(200)
        .json();
    assert_eq!(member["email"], Value::Null);
    assert_eq!(member["quiet_hours"], change["quiet_hours"]);
    assert_eq!(member["phone"], alice["phone"]);
    let change = json!({ "phone": null, "quiet_hours": null, "language": null, "time_zone": null, "picture_url": null });
    let member: Value = app
        .patch("register-server", &path(""), &change)
        .await
        .assert(200)
        .json();
    for field in [
        "phone",
        "quiet_hours",
        "language",
        "time_zone",
        "picture_url",
    ] {
        assert_eq!(member[field], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn u15_contact_and_quiet_hours_that_are_none_are_refused() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    for (field, value) in [
        ("email", json!("alice")),
        ("email", json!("@example.com")),
        ("email", json!("a b@example.com")),
        ("email", json!(format!("{}@example.com", "a".repeat(250)))),
        ("phone", json!("0912345678")),
        ("phone", json!("+0912345678")),
        ("phone", json!("+8869")),
        ("phone", json!("+886 912 345 678")),
        ("quiet_hours", json!({ "from": "22:00", "until": "22:00" })),
        ("quiet_hours", json!({ "from": "24:00", "until": "06:00" })),
        ("display_name", json!("")),
    ] {
        let change = json!({ field: value });
        let refused = app.patch("editor", &path(""), &change).await.assert(422);
        assert_eq!(refused.pointers(), [format!("/{field}")], "{value}");
    }
}

#[tokio::test]
async fn a_consent_may_say_which_text_exactly_was_agreed_to() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let mut given = consent("news", true);
    given["text_digest"] = json!("AB".repeat(32));
    app.post("register-server", &path("/consents"), &json!([given]))
        .await
        .assert(200);
    let history: Value = app.get("viewer", &path("/consents")).await.json();
    assert_eq!(history[0]["text_digest"], Value::Null);
    assert_eq!(history[1]["text_digest"], json!("ab".repeat(32)));
    given["text_digest"] = json!("ab");
    let refused = app
        .post("register-server", &path("/consents"), &json!([given]))
        .await
        .assert(422);
    assert_eq!(refused.pointers(), ["/0/text_digest"]);
}

#[tokio::test]
async fn an_export_holds_all_that_is_held() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.clock.advance(Duration::from_mins(1));
    app.post(
        "register-server",
        &path("/consents"),
        &json!([consent("news", false)]),
    )
    .await
    .assert(200);
    app.friendship_event(ALICE, "following", START, "e").await;
    app.put("editor", &path("/attributes/city"), &json!("台北"))
        .await
        .assert(204);
    let answer = app
        .get("register-server", &path("/export"))
        .await
        .assert(200);
    assert!(
        answer.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    let export: Value = answer.json();
    let member: Value = app.get("viewer", &path("")).await.json();
    assert_eq!(export["member"], member);
    assert_eq!(export["member"]["attributes"], json!({ "city": "台北" }));
    assert_eq!(export["consents"].as_array().unwrap().len(), 2);
    assert_eq!(
        export["friendship"],
        json!({ "friendship": "following", "event_at": START })
    );
    assert_eq!(export["last_active_at"], json!(START));
    assert_eq!(export["exported_at"], json!(app.now()));
}

#[tokio::test]
async fn a_stranger_who_follows_may_take_that_with_them() {
    let app = TestApp::start().await;
    app.get("register-server", &format!("/users/{BOB}/export"))
        .await
        .assert(404);
    app.friendship_event(BOB, "blocked", START, "e").await;
    let export: Value = app
        .get("register-server", &format!("/users/{BOB}/export"))
        .await
        .assert(200)
        .json();
    assert_eq!(export["member"], Value::Null);
    assert_eq!(export["friendship"]["friendship"], "blocked");
}

#[tokio::test]
async fn a_message_counts_as_activity_and_what_an_operator_reads_does_not() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.register(BOB).await.assert(201);
    app.register("Ucarol").await.assert(201);
    app.clock.advance(Duration::from_hours(5));
    assert!(app.is_member(ALICE).await);
    let others = json!({ "luids": ["Ucarol", "Ustranger"] });
    app.post("webhook", "/memberships", &others)
        .await
        .assert(200);
    app.get("admin", &format!("/users/{BOB}")).await.assert(200);
    let now = app.now();
    let app = app.restart().await;
    let last = async |luid| {
        let export: Value = app
            .get("admin", &format!("/users/{luid}/export"))
            .await
            .json();
        export["last_active_at"].clone()
    };
    assert_eq!(last(ALICE).await, json!(now));
    assert_eq!(last("Ucarol").await, json!(now));
    assert_eq!(last(BOB).await, json!(START));
}

#[tokio::test]
async fn who_came_back_meanwhile_does_not_leave_by_an_older_wish() {
    let app = TestApp::start().await;
    let wished = app.now();
    app.clock.advance(Duration::from_secs(1));
    app.register(ALICE).await.assert(201);
    let leave = |time| path(&format!("/leave?registered_before={time}"));
    let refused = app
        .post("register-server", &leave(wished.as_millis()), &Value::Null)
        .await
        .assert(409);
    assert_eq!(refused.problem().kind, "/problems/registered-since");
    assert!(app.is_member(ALICE).await);
    let later = app.now().as_millis() + 1;
    app.post("register-server", &leave(later), &Value::Null)
        .await
        .assert(204);
    assert!(!app.is_member(ALICE).await);
    app.post(
        "register-server",
        "/users/Unobody/leave?registered_before=1",
        &Value::Null,
    )
    .await
    .assert(404);
}
