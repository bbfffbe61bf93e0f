use std::time::Duration;

use serde_json::{Value, json};
use service_kit::Timestamp;

use crate::harness::{ALICE, BOB, START, TestApp, candidate, consent};

#[tokio::test]
async fn a_registration_answers_the_member_and_where_they_are() {
    let app = TestApp::start().await;
    let answer = app.register(ALICE).await.assert(201);
    assert_eq!(
        answer.headers["location"],
        format!("/users/{ALICE}").as_str()
    );
    let mut member: Value = answer.json();
    let id = member["member_id"].take();
    let id = uuid::Uuid::parse_str(id.as_str().unwrap()).unwrap();
    assert_eq!(id.get_version_num(), 7);
    let (seconds, _) = id.get_timestamp().unwrap().to_unix();
    assert_eq!(i64::try_from(seconds).unwrap(), START.as_seconds());
    let mut expected_consent = consent("news", true);
    expected_consent["changed_at"] = json!(START);
    expected_consent["text_digest"] = Value::Null;
    assert_eq!(
        member,
        json!({
            "member_id": null,
            "luid": ALICE,
            "display_name": "Alice 愛麗絲",
            "picture_url": "https://profile.line-scdn.net/alice",
            "email": null,
            "phone": null,
            "language": "zh-TW",
            "time_zone": "Asia/Taipei",
            "quiet_hours": null,
            "status": "active",
            "friendship": "unknown",
            "consents": [expected_consent],
            "topics": [],
            "tags": [],
            "attributes": {},
            "created_at": START,
            "updated_at": START,
        })
    );
    let found: Value = app
        .get("viewer", &format!("/users/{ALICE}"))
        .await
        .assert(200)
        .json();
    assert_eq!(found["luid"], ALICE);
    assert!(app.is_member(ALICE).await);
    assert!(!app.is_member(BOB).await);
}

#[tokio::test]
async fn a_name_and_an_id_are_enough() {
    let app = TestApp::start().await;
    let body = json!({ "luid": BOB, "display_name": "Bob" });
    let member: Value = app
        .post("admin", "/register", &body)
        .await
        .assert(201)
        .json();
    assert_eq!(member["consents"], json!([]));
    assert_eq!(member["language"], Value::Null);
}

#[tokio::test]
async fn a_second_registration_conflicts() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let answer = app.register(ALICE).await.assert(409);
    assert_eq!(answer.problem().kind, "/problems/already-registered");
}

#[tokio::test]
async fn a_registration_while_leaving_conflicts() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.post(
        "register-server",
        &format!("/users/{ALICE}/leave"),
        &Value::Null,
    )
    .await
    .assert(204);
    let answer = app.register(ALICE).await.assert(409);
    assert_eq!(answer.problem().kind, "/problems/already-registered");
}

#[tokio::test]
async fn every_wrong_field_is_named_by_its_pointer() {
    let app = TestApp::start().await;
    let body = json!({
        "luid": "no spaces",
        "display_name": " ",
        "picture_url": "http://profile.line-scdn.net/alice",
        "language": "chinese_taiwan",
        "time_zone": "Asia/Atlantis",
        "consents": [
            consent("news", true),
            { "purpose": "News!", "version": "", "language": "-", "granted": true, "channel": "fax" },
            consent("news", false),
        ],
    });
    let answer = app
        .post("register-server", "/register", &body)
        .await
        .assert(422);
    assert_eq!(answer.problem().kind, "/problems/invalid-fields");
    assert_eq!(
        answer.pointers(),
        [
            "/luid",
            "/display_name",
            "/picture_url",
            "/language",
            "/time_zone",
            "/consents/1/purpose",
            "/consents/1/version",
            "/consents/1/language",
            "/consents/1/channel",
            "/consents/2/purpose",
        ]
    );
    assert_eq!(app.count("select count(*) from member").await, 0);
}

#[tokio::test]
async fn names_are_trimmed_and_counted_as_people_count() {
    let app = TestApp::start().await;
    let family = "👨‍👩‍👧‍👦".repeat(50);
    let thai = "สวัสดี";
    for (number, (name, stored)) in [
        ("  Alice\u{3000}", Some("Alice")),
        (family.as_str(), Some(family.as_str())),
        (thai, Some(thai)),
        (&"x".repeat(51), None),
        ("tab\there", None),
        ("nul\0", None),
        ("line\nbreak", None),
        ("\u{202e}drawkcab", None),
        (&format!("e{}", "\u{301}".repeat(2000)), None),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({ "luid": format!("U{number}"), "display_name": name });
        let answer = app.post("register-server", "/register", &body).await;
        match stored {
            Some(stored) => {
                assert_eq!(answer.assert(201).json::<Value>()["display_name"], stored);
            }
            None => assert_eq!(answer.assert(422).pointers(), ["/display_name"]),
        }
    }
}

#[tokio::test]
async fn a_sign_in_from_before_leaving_registers_nobody() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.clock.advance(Duration::from_mins(1));
    app.delete("register-server", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    let left_at = app.now();
    app.clock.advance(Duration::from_mins(1));

    let answer = app.register(ALICE).await.assert(409);
    assert_eq!(answer.problem().kind, "/problems/signed-in-before-leaving");
    let millisecond = Duration::from_millis(1);
    assert_eq!(
        register_signed_in_at(&app, left_at - millisecond).await,
        409
    );
    assert!(!app.is_member(ALICE).await);
    assert_eq!(
        register_signed_in_at(&app, left_at + millisecond).await,
        201
    );
    assert!(app.is_member(ALICE).await);
}

#[tokio::test]
async fn a_departure_is_forgotten_after_31_days() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.clock.advance(Duration::from_mins(1));
    app.delete("register-server", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    app.clock
        .advance(Duration::from_hours(31 * 24) - Duration::from_millis(1));
    assert_eq!(register_signed_in_at(&app, START).await, 409);
    app.clock.advance(Duration::from_millis(1));
    assert_eq!(register_signed_in_at(&app, START).await, 201);
}

/// The answer is made from what was written, not read: it must be what will be read.
#[tokio::test]
async fn the_answer_is_the_member_as_they_are_found() {
    let app = TestApp::start().await;
    app.friendship_event(ALICE, "following", START, "e1").await;
    app.friendship_event(BOB, "blocked", START, "e1").await;
    let mut whole = candidate(ALICE);
    whole["email"] = json!("alice@example.com");
    whole["phone"] = json!("+886912345678");
    whole["quiet_hours"] = json!({ "from": "22:00", "until": "07:05" });
    whole["consents"] = json!([
        consent("zeta", true),
        consent("a-b", false),
        consent("a0", true)
    ]);
    whole["consents"][1]["text_digest"] = json!("Ab".repeat(32));
    let odd = json!({
        "luid": BOB,
        "display_name": " Bob \"\\\u{1f600}\u{200d}\u{3000}' ",
        "picture_url": "HTTPS://Profile.line-scdn.net/a b",
        "time_zone": "asia/taipei",
    });
    let least = json!({ "luid": "U1", "display_name": "1" });
    for body in [whole, odd, least] {
        let answer = app.post("register-server", "/register", &body).await;
        if answer.status == 422 {
            assert_eq!(answer.pointers(), ["/time_zone"]);
            continue;
        }
        let answer = answer.assert(201);
        let found = app.get("viewer", answer.headers["location"].to_str().unwrap());
        let found = found.await.assert(200);
        assert_eq!(answer.body, found.body);
        assert_eq!(answer.headers["etag"], found.headers["etag"]);
    }
}

async fn register_signed_in_at(app: &TestApp, at: Timestamp) -> u16 {
    let mut body = candidate(ALICE);
    body["signed_in_at"] = json!(at);
    let answer = app.post("register-server", "/register", &body).await;
    answer.status.as_u16()
}
