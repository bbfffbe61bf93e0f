use std::path::Path;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use testkit::traces::on_disk;
use users_client::LuidDigest;
use uuid::Uuid;

use crate::harness::{ALICE, BOB, START, TestApp, answer, candidate, consent};

/// Tables that hold nothing of the kind. Any other must hold something about Alice before the erasure, or this test would
/// not see what stays behind in it.
const IMPERSONAL: [&str; 7] = [
    "audit",
    "_sqlx_migrations",
    "sqlite_sequence",
    "change",
    "feed",
    "tombstone",
    "upkeep",
];

/// A member of whom every table holds something, and everything that says so.
async fn member_everywhere(app: &TestApp) -> Vec<Vec<u8>> {
    let mut body = candidate(ALICE);
    body["display_name"] = json!("Canary Liddell");
    body["picture_url"] = json!("https://pictures.test/canary-picture");
    body["consents"] = json!([{ "purpose": "canary-purpose", "version": "canary-version",
        "language": "zh-TW", "granted": true, "channel": "website" }]);
    let register = app
        .request("register-server", Method::POST, "/register")
        .header("idempotency-key", "canary-key")
        .json(&body);
    let member: Value = answer(register).await.assert(201).json();
    app.friendship_event(ALICE, "following", app.now(), "canary-event")
        .await;
    let path = format!("/users/{ALICE}");
    let contact = json!({ "email": "canary@example.com", "phone": "+886912340077" });
    app.patch("editor", &path, &contact).await.assert(200);
    for (note, value) in [
        ("tags/canary-tag", json!(null)),
        ("attributes/canary_name", json!("canary-value")),
        ("topics/canary-topic", json!({ "subscribed": true })),
    ] {
        app.put("editor", &format!("{path}/{note}"), &value)
            .await
            .assert(204);
    }
    let member_id = Uuid::parse_str(member["member_id"].as_str().unwrap()).unwrap();
    let texts = [
        ALICE,
        "Canary Liddell",
        "canary-picture",
        "canary-purpose",
        "canary-version",
        "canary-event",
        "canary@example.com",
        "+886912340077",
        "canary-tag",
        "canary_name",
        "canary-value",
        "canary-topic",
    ];
    let mut canaries: Vec<_> = texts.map(|text| text.as_bytes().to_vec()).to_vec();
    canaries.push(member_id.as_bytes().to_vec());
    canaries
}

async fn traces(app: &TestApp, canaries: &[Vec<u8>]) -> Vec<String> {
    let mut side = app.side().await;
    let mut found = Vec::new();
    for canary in canaries {
        found.extend(side.traces(canary).await);
        let text = String::from_utf8_lossy(canary);
        if let Some(file) = app.url.strip_prefix("sqlite://")
            && on_disk(Path::new(file), canary)
        {
            found.push(format!("the file: {text}"));
        }
    }
    side.close().await;
    found
}

#[tokio::test]
async fn u23_an_erased_person_is_nowhere_and_may_come_back() {
    let app = TestApp::start().await;
    app.register(BOB).await.assert(201);
    app.friendship_event(BOB, "following", app.now(), "e1")
        .await;
    let canaries = member_everywhere(&app).await;
    let before = traces(&app, &canaries).await;
    for table in app.side().await.tables().await {
        let holds = before
            .iter()
            .any(|trace| trace.starts_with(&format!("{table}.")));
        let is_impersonal = IMPERSONAL.contains(&table.as_str());
        assert!(holds != is_impersonal, "{table}: {before:?}");
    }

    app.clock.advance(Duration::from_mins(1));
    let path = format!("/users/{ALICE}");
    app.delete("register-server", &path).await.assert(204);
    assert_eq!(traces(&app, &canaries).await, [""; 0]);
    app.get("viewer", &path).await.assert(404).problem();
    assert!(!app.is_member(ALICE).await);

    // Nobody else is touched, and what is left of Alice is a digest.
    assert!(app.is_member(BOB).await);
    let digest = traces(&app, &[LuidDigest::of(ALICE).as_bytes().to_vec()]).await;
    assert!(
        digest.contains(&"tombstone.luid_digest".to_owned()),
        "{digest:?}"
    );
    assert!(
        digest.contains(&"change.luid_digest".to_owned()),
        "{digest:?}"
    );

    // What is dated before the erasure does not bring her back; what is not, does.
    app.friendship_event(ALICE, "following", START, "late")
        .await;
    let refused = app.register(ALICE).await.assert(409).problem();
    assert_eq!(refused.kind, "/problems/signed-in-before-leaving");
    assert_eq!(traces(&app, &canaries).await, [""; 0]);
    app.friendship_event(ALICE, "following", app.now(), "new")
        .await;
    let mut body = candidate(ALICE);
    body["signed_in_at"] = json!(app.now());
    let member: Value = app
        .post("register-server", "/register", &body)
        .await
        .assert(201)
        .json();
    assert_eq!(member["friendship"], "following");
    assert!(app.is_member(ALICE).await);
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
