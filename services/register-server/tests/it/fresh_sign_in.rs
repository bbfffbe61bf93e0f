//! Leaving where no live token is at hand: one fresh sign-in is asked for, and nobody is kept.

use std::time::Duration;

use http::Method;
use member_session::Flash;
use serde_json::{Value, json};
use users_client::Status;

use crate::harness::{ALICE, Browser, Journey, Reply, TestApp};

const SIGN_IN_TO_LEAVE: &str = "/auth/login?lang=en&next=/en/leave";

async fn leave(browser: &Browser, fields: &[(&str, &str)]) -> String {
    let fields = [&[("page_language", "en")], fields].concat();
    let answer = browser.post("/member/leave", &fields).await;
    answer.location().to_owned()
}

/// Alice is a member at the simulator's LINE.
async fn journey() -> Journey {
    let journey = Journey::start().await;
    assert_eq!(journey.sign_in().await, "/en/register");
    let form = [
        ("display_name", "Alice"),
        ("language", "en"),
        ("consent.terms", "1"),
    ];
    let answer = journey.browser.post("/member", &form).await;
    assert_eq!(answer.location(), "/en/welcome");
    journey
}

/// Alice takes back in LINE's settings what she allowed: every token of hers is dead, and nobody tells us.
async fn unlink(journey: &Journey) {
    let path = format!("/_sim/people/{ALICE}/unlink");
    let answer = journey.phone.request(Method::POST, &path);
    assert_eq!(journey.phone.send(answer).await.status, 204);
}

async fn operations(journey: &Journey) -> Vec<Value> {
    let calls = journey.calls().await.into_iter();
    calls.map(|call| call["operation"].clone()).collect()
}

#[tokio::test]
async fn whoever_took_the_access_back_at_line_is_asked_for_one_fresh_sign_in() {
    let journey = journey().await;
    unlink(&journey).await;
    let left = leave(&journey.browser, &[]).await;
    assert_eq!(left, "/en/leave");
    let session = journey.session().await;
    assert_eq!(session.flash, [Flash::SignInToLeave]);
    assert!(session.membership.is_some(), "nothing has happened yet");
    let deauthorize = Value::from("deauthorize");
    assert!(!operations(&journey).await.contains(&deauthorize));

    let started = journey.browser.get(SIGN_IN_TO_LEAVE).await;
    let back = journey.decide(&started, true).await;
    assert_eq!(back.location(), "/en/leave", "where they were");
    assert_eq!(
        journey.alice().await["granted"],
        json!(["openid", "profile"])
    );
    assert_eq!(leave(&journey.browser, &[]).await, "/en/goodbye");
    assert_eq!(journey.alice().await["granted"], json!([]), "LINE was told");
    assert!(journey.users.get(ALICE).is_none());
}

#[tokio::test]
async fn whoever_would_rather_not_sign_in_leaves_all_the_same() {
    let journey = journey().await;
    unlink(&journey).await;
    assert_eq!(leave(&journey.browser, &[]).await, "/en/leave");
    let left = leave(&journey.browser, &[("all_the_same", "true")]).await;
    assert_eq!(left, "/en/goodbye");
    assert!(journey.users.get(ALICE).is_none());
    assert!(journey.session().await.visitor.is_none());
}

#[tokio::test]
async fn a_sign_in_that_was_called_off_is_no_reason_to_stay() {
    let journey = journey().await;
    unlink(&journey).await;
    assert_eq!(leave(&journey.browser, &[]).await, "/en/leave");
    let started = journey.browser.get(SIGN_IN_TO_LEAVE).await;
    let back = journey.decide(&started, false).await;
    assert_eq!(back.location(), "/en/sign-in-failed/cancelled");
    // They are still who they were, and are asked again only as long as they do not say what they want.
    assert_eq!(leave(&journey.browser, &[]).await, "/en/leave");
    let left = leave(&journey.browser, &[("all_the_same", "true")]).await;
    assert_eq!(left, "/en/goodbye");
}

#[tokio::test]
async fn after_a_fresh_sign_in_nobody_is_asked_again_whatever_line_says() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    app.line.answer_verify(Reply::Refusal("invalid_request"));
    app.line.answer_unlink(Reply::Status(400));
    assert_eq!(leave(&browser, &[]).await, "/en/leave");
    let started = browser.get(SIGN_IN_TO_LEAVE).await;
    let code = app.line.consent(&started.line_page(), ALICE);
    let back = app.come_back(&browser, &started, &code).await;
    assert_eq!(back.location(), "/en/leave");
    app.session(&browser).await;
    assert_eq!(leave(&browser, &[]).await, "/en/goodbye");
    assert!(app.users.get(ALICE).is_none());
    assert_eq!(app.rows().await.count("leaving").await, 0);
}

#[tokio::test]
async fn a_line_that_does_not_say_keeps_nobody() {
    for reply in [
        Reply::Status(500),
        Reply::Status(429),
        Reply::Status(403),
        // Not LINE's: it says why.
        Reply::Status(400),
        Reply::Body("nonsense".into()),
        Reply::Redirect("https://evil.example/".into()),
        Reply::Hang,
    ] {
        let app = TestApp::start().await;
        app.users.add(ALICE);
        let browser = app.signed_in(ALICE).await;
        app.line.answer_verify(reply);
        assert_eq!(leave(&browser, &[]).await, "/en/goodbye");
        assert!(app.users.get(ALICE).is_none());
    }
}

#[tokio::test]
async fn being_asked_to_sign_in_changes_nothing() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    let before = app.journal.entries().len();
    app.line.answer_verify(Reply::Refusal("invalid_request"));
    assert_eq!(leave(&browser, &[]).await, "/en/leave");
    assert!(app.journal.entries().split_off(before).is_empty());
    assert_eq!(app.users.get(ALICE).unwrap().status, Status::Active);
    assert_eq!(app.rows().await.count("leaving").await, 0);
}

#[tokio::test]
async fn a_session_that_is_over_or_does_not_open_leads_back_to_the_form_by_way_of_signing_in() {
    for is_over in [true, false] {
        let app = TestApp::start().await;
        app.users.add(ALICE);
        let browser = app.signed_in(ALICE).await;
        if is_over {
            app.clock.advance(Duration::from_mins(31));
        } else {
            let damage = "update session set sealed = substr(sealed, 2)";
            app.rows().await.run(damage).await;
        }
        // register-client sends them on from there: home, to sign in, and back.
        assert_eq!(leave(&browser, &[]).await, "/en/leave");
        let session = app.session(&browser).await;
        assert_eq!(session.flash, [Flash::SignInFirst]);
        assert!(session.visitor.is_none());
        assert!(browser.cookie("__Host-kaiin-session").is_none());
        assert!(app.users.get(ALICE).is_some());
    }
}
