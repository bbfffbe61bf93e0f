//! Visitors who reload, go back, send twice, open two tabs, or return after a week: each is sent to a page that makes
//! sense.

use std::time::Duration;

use member_session::{Flash, FormKind, UpdateForm};
use tokio::task::JoinSet;

use crate::harness::{ALICE, TestApp};

const FORM: [(&str, &str); 4] = [
    ("display_name", "Alice"),
    ("language", "en"),
    ("page_language", "ja"),
    ("consent.terms", "1"),
];
const EN: [(&str, &str); 1] = [("page_language", "en")];

#[tokio::test]
async fn whoever_reloads_the_way_back_from_line_stays_signed_in() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let started = browser.get("/auth/login?lang=th").await;
    let code = app.line.consent(&started.line_page(), ALICE);
    let first = app.come_back(&browser, &started, &code).await;
    assert_eq!(first.location(), "/th/register");
    for _ in 0..2 {
        let again = app.come_back(&browser, &started, &code).await;
        assert_eq!(again.location(), "/th/sign-in-failed/expired");
        assert!(again.set_cookie("__Host-kaiin-session").is_none());
    }
    assert!(app.session(&browser).await.visitor.is_some());
    assert_eq!(app.journal.count("token"), 1);
}

#[tokio::test]
async fn whoever_goes_back_to_line_and_says_yes_again_may_start_again() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let started = browser.get("/auth/login?lang=en").await;
    for page in ["/en/register", "/en/sign-in-failed/expired"] {
        let code = app.line.consent(&started.line_page(), ALICE);
        let answer = app.come_back(&browser, &started, &code).await;
        assert_eq!(answer.location(), page);
    }
    assert_eq!(
        app.sign_in(&browser, ALICE).await.location(),
        "/en/register"
    );
}

#[tokio::test]
async fn a_registration_that_is_sent_twice_registers_once() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let mut sending = JoinSet::new();
    for _ in 0..4 {
        let browser = browser.clone();
        sending.spawn(async move {
            let answer = browser.post("/member", &FORM).await;
            answer.location().to_owned()
        });
    }
    let mut pages = sending.join_all().await;
    pages.sort();
    assert_eq!(
        pages,
        [
            "/ja/membership",
            "/ja/membership",
            "/ja/membership",
            "/ja/welcome"
        ]
    );
    // So is one that was gone back to.
    let answer = browser.post("/member", &FORM).await;
    assert_eq!(answer.location(), "/ja/membership");
    assert_eq!(app.session(&browser).await.flash, [Flash::AlreadyMember]);
}

#[tokio::test]
async fn a_change_or_a_goodbye_that_is_sent_twice_is_one() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    for _ in 0..2 {
        app.drawn(&browser, Some(FormKind::Update)).await;
        let answer = browser.post(UpdateForm::ACTION, &FORM[..3]).await;
        assert_eq!(answer.location(), "/ja/membership");
    }
    app.session(&browser).await;
    let answer = browser.post(UpdateForm::LEAVE_ACTION, &EN).await;
    assert_eq!(answer.location(), "/en/goodbye");
    let again = browser.post(UpdateForm::LEAVE_ACTION, &EN).await;
    assert_eq!(again.location(), "/en/leave");
    assert_eq!(app.line.deauthorized().len(), 1);
    for _ in 0..2 {
        let answer = browser.post(UpdateForm::LOGOUT_ACTION, &EN).await;
        assert_eq!(answer.location(), "/en/");
    }
}

#[tokio::test]
async fn two_tabs_of_one_visitor_do_not_disturb_each_other() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    let (one, two) = (browser.clone(), browser.clone());
    app.drawn(&one, Some(FormKind::Update)).await;
    let answer = two.post(UpdateForm::LOGOUT_ACTION, &EN).await;
    assert_eq!(answer.location(), "/en/");
    // The form in the other tab outlived the session: nothing is changed, and the visitor hears why.
    let answer = one.post(UpdateForm::ACTION, &FORM[..3]).await;
    assert_eq!(answer.location(), "/ja/membership");
    assert_eq!(app.session(&one).await.flash, [Flash::SignInFirst]);
    assert_ne!(app.users.get(ALICE).unwrap().display_name, "Alice");
}

#[tokio::test]
async fn whoever_returns_after_a_week_is_asked_to_sign_in() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    app.session(&browser).await;
    let started = browser.get("/auth/login?lang=ja").await;
    let code = app.line.consent(&started.line_page(), ALICE);
    app.clock.advance(Duration::from_hours(7 * 24));
    // Every form of a page that was left open.
    let cookie = browser.cookie("__Host-kaiin-session").unwrap();
    for (path, page) in [
        ("/member", "/en/register"),
        (UpdateForm::ACTION, "/en/membership"),
        (UpdateForm::LEAVE_ACTION, "/en/leave"),
    ] {
        browser.set_cookie("__Host-kaiin-session", &cookie);
        let answer = browser.post(path, &EN).await;
        assert_eq!(answer.location(), page, "{path}");
        let gone = answer.set_cookie("__Host-kaiin-session").unwrap();
        assert!(gone.contains("Max-Age=0"), "{path}");
        assert_eq!(app.session(&browser).await.flash, [Flash::SignInFirst]);
    }
    browser.set_cookie("__Host-kaiin-session", &cookie);
    let answer = browser.post(UpdateForm::LOGOUT_ACTION, &EN).await;
    assert_eq!(answer.location(), "/en/");
    assert!(app.users.get(ALICE).is_some(), "nothing was changed");
    // LINE's page that was left open; by then the browser has dropped the cookie, too.
    let answer = app.come_back(&browser, &started, &code).await;
    assert_eq!(answer.location(), "/ja/sign-in-failed/expired");
    browser.drop_cookie("__Host-kaiin-login");
    browser.set_cookie("kaiin-lang", "ja");
    let answer = app.come_back(&browser, &started, &code).await;
    assert_eq!(answer.location(), "/ja/sign-in-failed/expired");
    assert_eq!(
        app.sign_in(&browser, ALICE).await.location(),
        "/en/membership"
    );
}
