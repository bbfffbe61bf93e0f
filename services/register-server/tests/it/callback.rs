//! `GET /auth/callback`.

use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::Method;
use tokio::task::JoinSet;

use crate::harness::{ALICE, Answer, BOB, Browser, Reply, TestApp};

const CANCELLED: &str = "/en/sign-in-failed/cancelled";
const EXPIRED: &str = "/en/sign-in-failed/expired";
const REFUSED: &str = "/en/sign-in-failed/refused";
const UNAVAILABLE: &str = "/en/sign-in-failed/unavailable";

/// An attempt that has come as far as LINE's answer.
async fn attempt(app: &TestApp) -> (Browser, Answer, String) {
    let browser = app.browser();
    let started = browser.get("/auth/login?lang=en").await;
    let code = app.line.consent(&started.line_page(), ALICE);
    (browser, started, code)
}

/// Nobody is signed in, and LINE was not asked.
async fn assert_nothing_came_of_it(app: &TestApp, browser: &Browser) {
    assert_eq!(app.journal.count("token"), 0);
    assert!(browser.cookie("__Host-kaiin-session").is_none());
    assert!(app.session(browser).await.visitor.is_none());
}

/// LINE's page is left for each of these; none of them signs anybody in, asks LINE, or uses the attempt up.
async fn assert_refused(queries: impl Fn(&str, &str) -> Vec<String>) {
    let app = TestApp::start().await;
    let (browser, started, code) = attempt(&app).await;
    let state = started.parameter("state");
    for query in queries(&code, &state) {
        let answer = browser.get(&format!("/auth/callback?{query}")).await;
        assert_eq!(answer.location(), EXPIRED, "{query:.80}");
    }
    assert_nothing_came_of_it(&app, &browser).await;
    let answer = app.come_back(&browser, &started, &code).await;
    assert_eq!(answer.location(), "/en/register");
}

#[tokio::test]
async fn a_stranger_signs_in_and_gets_the_form() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let answer = app.sign_in(&browser, ALICE).await;
    assert_eq!(answer.location(), "/en/register");
    let session = app.session(&browser).await;
    let visitor = session.visitor.unwrap();
    assert_eq!(visitor.display_name.as_deref(), Some("Canary Name"));
    assert!(session.membership.is_none());
}

#[tokio::test]
async fn a_member_signs_in_and_sees_the_membership() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.browser();
    let answer = app.sign_in(&browser, ALICE).await;
    assert_eq!(answer.location(), "/en/membership");
    assert!(app.session(&browser).await.membership.is_some());
}

#[tokio::test]
async fn l02_without_the_cookie_nothing_happens() {
    let app = TestApp::start().await;
    let (browser, started, code) = attempt(&app).await;
    browser.drop_cookie("__Host-kaiin-login");
    let state = started.parameter("state");
    let request = browser
        .request(
            Method::GET,
            &format!("/auth/callback?code={code}&state={state}"),
        )
        .header("accept-language", "ja-JP");
    let answer = browser.send(request).await;
    assert_eq!(answer.location(), "/ja/sign-in-failed/expired");
    assert_nothing_came_of_it(&app, &browser).await;
}

#[tokio::test]
async fn l03_a_missing_empty_or_repeated_state_is_refused() {
    assert_refused(|code, state| {
        vec![
            format!("code={code}"),
            format!("code={code}&state="),
            format!("code={code}&state={state}&state={state}"),
            format!("code={code}&state={state}&state=other"),
            format!("code={code}&state=other&state={state}"),
            String::new(),
            "%ff=%ff&&&==".to_owned(),
        ]
    })
    .await;
}

#[tokio::test]
async fn l04_a_wrong_state_is_refused() {
    assert_refused(|code, state| {
        vec![
            format!("code={code}&state={}", "0".repeat(64)),
            format!("code={code}&state={}", "a".repeat(10_000)),
            format!("code={code}&state={}", state.to_uppercase()),
            format!("code={code}&state={}", &state[..63]),
            format!("code={code}&state={state}0"),
            format!("code={code}&state=%20{state}"),
        ]
    })
    .await;
}

#[tokio::test]
async fn l05_somebody_elses_code_and_state_sign_nobody_in() {
    let app = TestApp::start().await;
    let (_attacker, started, code) = attempt(&app).await;
    let victim = app.browser();
    victim.get("/auth/login?lang=en").await;
    let answer = app.come_back(&victim, &started, &code).await;
    assert_eq!(answer.location(), EXPIRED);
    assert_nothing_came_of_it(&app, &victim).await;
}

#[tokio::test]
async fn l06_a_state_is_good_for_one_try() {
    let app = TestApp::start().await;
    let (browser, started, code) = attempt(&app).await;
    let first = app.come_back(&browser, &started, &code).await;
    assert_eq!(first.location(), "/en/register");
    let second = app.come_back(&browser, &started, &code).await;
    assert_eq!(second.location(), EXPIRED);
    assert_eq!(app.journal.count("token"), 1);
}

#[tokio::test]
async fn l07_of_fifty_callbacks_at_once_one_asks_line() {
    let app = TestApp::start().await;
    let (browser, started, code) = attempt(&app).await;
    let path = format!(
        "/auth/callback?code={code}&state={}",
        started.parameter("state")
    );
    let mut tries = JoinSet::new();
    for _ in 0..50 {
        let (browser, path) = (browser.clone(), path.clone());
        tries.spawn(async move { browser.get(&path).await.location().to_owned() });
    }
    let answers = tries.join_all().await;
    assert_eq!(
        answers
            .iter()
            .filter(|page| *page == "/en/register")
            .count(),
        1
    );
    assert_eq!(answers.iter().filter(|page| *page == EXPIRED).count(), 49);
    assert_eq!(app.journal.count("token"), 1);
}

#[tokio::test]
async fn l08_an_attempt_lives_ten_minutes() {
    let app = TestApp::start().await;
    let (browser, started, code) = attempt(&app).await;
    let (other, other_started, other_code) = attempt(&app).await;
    app.clock.advance(Duration::from_secs(599));
    let answer = app.come_back(&browser, &started, &code).await;
    assert_eq!(answer.location(), "/en/register");
    app.clock.advance(Duration::from_secs(1));
    let answer = app.come_back(&other, &other_started, &other_code).await;
    assert_eq!(answer.location(), EXPIRED);
    assert_eq!(app.journal.count("token"), 1);
}

#[tokio::test]
async fn l09_saying_no_is_a_page_of_its_own_and_ends_the_attempt() {
    for (error, page) in [
        ("ACCESS_DENIED", CANCELLED),
        ("access_denied", CANCELLED),
        ("SERVER_ERROR", UNAVAILABLE),
        ("INVALID_SCOPE", REFUSED),
        ("anything", REFUSED),
    ] {
        let app = TestApp::start().await;
        let (browser, started, code) = attempt(&app).await;
        let state = started.parameter("state");
        let said_no = format!("/auth/callback?error={error}&state={state}");
        assert_eq!(browser.get(&said_no).await.location(), page);
        assert_eq!(
            app.come_back(&browser, &started, &code).await.location(),
            EXPIRED
        );
        assert_nothing_came_of_it(&app, &browser).await;
    }
}

#[tokio::test]
async fn l10_nothing_is_reflected() {
    let app = TestApp::start().await;
    let (browser, started, _) = attempt(&app).await;
    let script = "%3Cscript%3Ealert(1)%3C/script%3E";
    let state = started.parameter("state");
    let answer = browser
        .get(&format!(
            "/auth/callback?error={script}&error_description={script}&state={state}"
        ))
        .await;
    assert_eq!(answer.location(), REFUSED);
    assert!(answer.body.is_empty());
    assert!(!format!("{:?}", answer.headers).contains("script"));
}

#[tokio::test]
async fn l11_a_code_beside_an_error_or_twice_is_refused() {
    assert_refused(|code, state| {
        vec![
            format!("code={code}&error=ACCESS_DENIED&state={state}"),
            format!("code={code}&code={code}&state={state}"),
            format!("error=ACCESS_DENIED&error=SERVER_ERROR&state={state}"),
            format!("state={state}"),
            format!("code=&state={state}"),
        ]
    })
    .await;
}

#[tokio::test]
async fn l12_a_code_of_10_kb_is_refused() {
    assert_refused(|_, state| {
        let long = "a".repeat(10_000);
        vec![format!("code={long}&state={state}")]
    })
    .await;
}

#[tokio::test]
async fn l13_another_issuer_is_refused() {
    assert_refused(|code, state| {
        vec![
            format!("code={code}&state={state}&iss=https://evil.example"),
            format!("code={code}&state={state}&iss=https://access.line.me/"),
            format!("code={code}&state={state}&iss="),
        ]
    })
    .await;
    let app = TestApp::start().await;
    let (browser, started, code) = attempt(&app).await;
    let state = started.parameter("state");
    let answer = browser
        .get(&format!(
            "/auth/callback?code={code}&state={state}&iss=https%3A%2F%2Faccess.line.me&friendship_status_changed=true"
        ))
        .await;
    assert_eq!(answer.location(), "/en/register");
}

#[tokio::test]
async fn l14_a_refused_code_signs_nobody_in() {
    let app = TestApp::start().await;
    let (browser, started, _) = attempt(&app).await;
    let answer = app.come_back(&browser, &started, "unknown").await;
    assert_eq!(answer.location(), REFUSED);
    assert!(app.session(&browser).await.visitor.is_none());
}

#[tokio::test]
async fn l15_a_line_that_fails_is_asked_once() {
    for status in [500, 502, 503, 429] {
        let app = TestApp::start().await;
        let (browser, started, code) = attempt(&app).await;
        app.line.answer_token(Reply::Status(status));
        let answer = app.come_back(&browser, &started, &code).await;
        assert_eq!(answer.location(), UNAVAILABLE, "{status}");
        assert_eq!(app.journal.count("token"), 1);
        assert!(browser.cookie("__Host-kaiin-session").is_none());
    }
}

#[tokio::test]
async fn l15_a_line_that_hangs_is_waited_for_five_seconds_at_most() {
    let app = TestApp::start().await;
    let (browser, started, code) = attempt(&app).await;
    app.line.answer_token(Reply::Hang);
    let begun = Instant::now();
    let answer = app.come_back(&browser, &started, &code).await;
    assert_eq!(answer.location(), UNAVAILABLE);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(app.journal.count("token"), 1);
}

#[tokio::test]
async fn l16_an_answer_without_an_id_token_or_without_an_end_is_refused() {
    let token = r#"{"access_token":"t","token_type":"Bearer","expires_in":1}"#;
    for body in [
        token.to_owned(),
        "not JSON".to_owned(),
        String::new(),
        r#"{"access_token":1}"#.to_owned(),
        format!("{token}{}", " ".repeat(5 << 20)),
    ] {
        let app = TestApp::start().await;
        let (browser, started, code) = attempt(&app).await;
        app.line.answer_token(Reply::Body(body.clone()));
        let answer = app.come_back(&browser, &started, &code).await;
        assert_eq!(answer.location(), REFUSED, "{body:.60}");
        assert!(app.session(&browser).await.visitor.is_none());
    }
}

#[tokio::test]
async fn l28_the_code_verifier_is_sent_whether_or_not_line_asks_for_it() {
    let app = TestApp::start().await;
    let (browser, started, code) = attempt(&app).await;
    app.come_back(&browser, &started, &code).await;
    let forms = app.line.token_forms();
    let [form] = forms.as_slice() else {
        panic!("one token call");
    };
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["code_verifier"].len(), 64);
    assert_eq!(
        form["redirect_uri"],
        "https://member.example.test/auth/callback"
    );
    assert_eq!(form["client_secret"].len(), 32);
    assert_eq!(
        BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, form["code_verifier"].as_bytes())),
        started.parameter("code_challenge")
    );
}

#[tokio::test]
async fn l46_a_redirecting_token_endpoint_is_not_followed() {
    let app = TestApp::start().await;
    let (browser, started, code) = attempt(&app).await;
    let elsewhere = app.line.url.join("/oauth2/v2.1/revoke").unwrap();
    app.line
        .answer_token(Reply::Redirect(elsewhere.to_string()));
    let answer = app.come_back(&browser, &started, &code).await;
    assert_eq!(answer.location(), REFUSED);
    assert_eq!(app.journal.entries(), ["token"]);
}

#[tokio::test]
async fn a_members_api_that_is_away_signs_nobody_in() {
    for go_away in [
        (|app| app.users.fail("find")) as fn(&TestApp),
        // A proxy's 404 says nothing about a person.
        |app| app.users.be_elsewhere(),
    ] {
        let app = TestApp::start().await;
        let (browser, started, code) = attempt(&app).await;
        go_away(&app);
        let answer = app.come_back(&browser, &started, &code).await;
        assert_eq!(answer.location(), UNAVAILABLE);
        assert!(browser.cookie("__Host-kaiin-session").is_none());
    }
}

#[tokio::test]
async fn l40_who_somebody_is_depends_on_the_user_id_alone() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.browser();
    let started = browser.get("/auth/login?lang=en").await;
    // Same name, picture and e-mail address as a member's.
    let code = app.line.consent_with(&started.line_page(), BOB, |token| {
        token.claims["email"] = "alice@example.com".into();
    });
    let answer = app.come_back(&browser, &started, &code).await;
    assert_eq!(answer.location(), "/en/register");
    assert!(app.session(&browser).await.membership.is_none());
}
