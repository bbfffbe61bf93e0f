//! U18: whoever asks the same once more under the same key is answered the same.

use std::time::Duration;

use http::{HeaderMap, Method, header};
use serde_json::{Value, json};

use crate::failure::assert_unavailable;
use crate::harness::{ALICE, Answer, BOB, START, TestApp, answer, candidate};

const KEY: &str = "idempotency-key";

pub(crate) async fn register(app: &TestApp, key: &str, body: &Value) -> Answer {
    register_as(app, "register-server", key, body).await
}

async fn register_as(app: &TestApp, caller: &str, key: &str, body: &Value) -> Answer {
    let request = app.request(caller, Method::POST, "/register").json(body);
    answer(request.header(KEY, key)).await
}

pub(crate) fn is_replay(answer: &Answer) -> bool {
    answer.headers.contains_key("idempotent-replayed")
}

async fn kept(app: &TestApp) -> i64 {
    app.count("select count(*) from idempotency").await
}

#[tokio::test]
async fn u18_the_same_request_under_the_same_key_is_answered_the_same() {
    let app = TestApp::start().await;
    let first = register(&app, "k1", &candidate(ALICE)).await.assert(201);
    assert!(!is_replay(&first));
    let change = json!({ "display_name": "Somebody else" });
    app.patch("editor", &format!("/users/{ALICE}"), &change)
        .await
        .assert(200);
    app.clock
        .advance(Duration::from_hours(24) - Duration::from_millis(1));
    for _ in 0..2 {
        let again = register(&app, "k1", &candidate(ALICE)).await.assert(201);
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(told(&again.headers), told(&first.headers));
        assert_eq!(again.body, first.body);
    }
    assert_eq!(app.count("select count(*) from member").await, 1);
    assert_eq!(app.count("select count(*) from consent").await, 1);
}

fn told(headers: &HeaderMap) -> Vec<Option<&header::HeaderValue>> {
    [header::CONTENT_TYPE, header::LOCATION, header::ETAG]
        .iter()
        .map(|name| headers.get(name))
        .collect()
}

#[tokio::test]
async fn u18_a_refusal_is_repeated_too() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let already = "/problems/already-registered";
    let first = register(&app, "k1", &candidate(ALICE)).await.assert(409);
    assert_eq!(first.problem().kind, already);
    let again = register(&app, "k1", &candidate(ALICE)).await.assert(409);
    assert_eq!(again.problem().kind, already);
    assert_eq!((is_replay(&first), is_replay(&again)), (false, true));

    app.clock.advance(Duration::from_mins(1));
    let path = format!("/users/{ALICE}");
    app.delete("admin", &path).await.assert(204);
    let too_early = "/problems/signed-in-before-leaving";
    for expected in [false, true] {
        let refused = register(&app, "k2", &candidate(ALICE)).await.assert(409);
        assert_eq!(refused.problem().kind, too_early);
        assert_eq!(is_replay(&refused), expected);
    }
}

#[tokio::test]
async fn u18_another_request_under_the_same_key_is_refused() {
    let app = TestApp::start().await;
    register(&app, "k1", &candidate(ALICE)).await.assert(201);
    let mut other = candidate(ALICE);
    other["language"] = json!("ja");
    for other in [other, candidate(BOB)] {
        let answer = register(&app, "k1", &other).await.assert(422);
        assert_eq!(answer.problem().kind, "/problems/idempotency-key-reused");
        assert!(!is_replay(&answer));
    }
    assert!(!app.is_member(BOB).await);
    let spaced = format!("\n  {}  ", candidate(ALICE));
    let request = app.request("register-server", Method::POST, "/register");
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let same = answer(request.header(KEY, "k1").body(spaced)).await;
    assert!(is_replay(&same.assert(201)), "it is the same document");
}

#[tokio::test]
async fn u18_a_request_in_progress_is_told_so_and_failures_are_not_kept() {
    let app = TestApp::start().await;
    let mut other = app.side().await;
    other.hold_writes().await;
    let body = candidate(ALICE);
    let (one, two) = futures::join!(register(&app, "k1", &body), register(&app, "k1", &body));
    other.execute("rollback").await;
    let (early, late) = if one.status == 409 {
        (one, two)
    } else {
        (two, one)
    };
    let early = early.assert(409);
    assert_eq!(early.problem().kind, "/problems/request-in-progress");
    assert_eq!(early.headers["retry-after"], "1");
    assert_unavailable(late);
    let done = register(&app, "k1", &body).await.assert(201);
    assert!(!is_replay(&done));
}

#[tokio::test]
async fn u18_a_key_is_its_callers_own() {
    let app = TestApp::start().await;
    register(&app, "k1", &candidate(ALICE)).await.assert(201);
    let other = register_as(&app, "admin", "k1", &candidate(ALICE)).await;
    assert!(!is_replay(&other.assert(409)));
}

#[tokio::test]
async fn a_key_is_1_to_255_visible_characters() {
    let app = TestApp::start().await;
    let longest = "k".repeat(255);
    for key in [
        longest.as_str(),
        "!~",
        "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"",
    ] {
        let answer = register(&app, key, &candidate(ALICE)).await;
        assert!([201, 409].contains(&answer.status.as_u16()), "{key}");
    }
    let too_long = "k".repeat(256);
    for key in ["", "two words", "k\u{e9}y", "tab\tkey", too_long.as_str()] {
        let answer = register(&app, key, &candidate(BOB)).await.assert(400);
        assert_eq!(answer.problem().kind, "/problems/bad-request");
    }
    let request = app.request("register-server", Method::POST, "/register");
    let twice = request.header(KEY, "k1").header(KEY, "k2");
    answer(twice.json(&candidate(BOB))).await.assert(400);
    assert!(!app.is_member(BOB).await);
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day() {
    let app = TestApp::start().await;
    register(&app, "k1", &candidate(ALICE)).await.assert(201);
    app.clock.advance(Duration::from_hours(24));
    let anew = register(&app, "k1", &candidate(ALICE)).await.assert(409);
    assert!(!is_replay(&anew));
    let again = register(&app, "k1", &candidate(ALICE)).await.assert(409);
    assert!(is_replay(&again));
    assert_eq!(kept(&app).await, 1);

    app.clock.advance(Duration::from_hours(24));
    let app = app.restart().await;
    let forgotten = async { while kept(&app).await > 0 {} };
    tokio::time::timeout(Duration::from_secs(20), forgotten)
        .await
        .unwrap();
}

#[tokio::test]
async fn u23_what_was_answered_goes_with_the_person() {
    let app = TestApp::start().await;
    for (key, luid) in [("k1", ALICE), ("k2", BOB)] {
        register(&app, key, &candidate(luid)).await.assert(201);
    }
    app.clock.advance(Duration::from_mins(1));
    app.delete("admin", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    assert_eq!(kept(&app).await, 1);
    let late = register(&app, "k1", &candidate(ALICE)).await.assert(409);
    assert_eq!(late.problem().kind, "/problems/signed-in-before-leaving");
    assert!(is_replay(&register(&app, "k2", &candidate(BOB)).await));
    // Only an answer is left of her: that is nothing to erase, and moves no time.
    app.clock.advance(Duration::from_mins(1));
    app.delete("admin", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    let mut between = candidate(ALICE);
    between["signed_in_at"] = json!(START + Duration::from_secs(90));
    register(&app, "k1", &between).await.assert(201);
}

#[tokio::test]
async fn without_a_key_nothing_is_kept() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.register(ALICE).await.assert(409);
    assert_eq!(kept(&app).await, 0);
}
