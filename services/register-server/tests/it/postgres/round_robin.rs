//! Two replicas behind a proxy that alternates with every request: the whole way, and no stickiness.

use member_session::{Flash, FormKind};

use crate::harness::{ALICE, Browser, RoundRobin, TestApp, access_token};

const FORM: [(&str, &str); 4] = [
    ("display_name", "Alice"),
    ("language", "en"),
    ("page_language", "en"),
    ("consent.terms", "1"),
];

/// From the first visit to goodbye, each step by whichever replica is next.
async fn journey(app: &TestApp, browser: &Browser) {
    assert!(app.session(browser).await.visitor.is_none());
    let answer = app.sign_in(browser, ALICE).await;
    assert_eq!(answer.location(), "/en/register");
    let drawn = app.drawn(browser, Some(FormKind::Register)).await;
    assert!(drawn.visitor.is_some() && drawn.form.is_none());

    // A form with a mistake comes back from one, and is shown by the other, once.
    let answer = browser.post("/member", &FORM[1..3]).await;
    assert_eq!(answer.location(), "/en/register");
    let drawn = app.drawn(browser, Some(FormKind::Register)).await;
    assert!(!drawn.form.unwrap().errors.is_empty());
    let drawn = app.drawn(browser, Some(FormKind::Register)).await;
    assert!(drawn.form.is_none());
    let answer = browser.post("/member", &FORM).await;
    assert_eq!(answer.location(), "/en/welcome");
    assert!(app.session(browser).await.membership.is_some());

    let changed = [
        ("display_name", "Alicia"),
        ("language", "ja"),
        ("page_language", "en"),
    ];
    let answer = browser.post("/member/update", &changed).await;
    assert_eq!(answer.location(), "/en/membership");
    let drawn = app.drawn(browser, Some(FormKind::Update)).await;
    assert_eq!(drawn.flash, [Flash::Saved]);
    assert_eq!(drawn.membership.unwrap().display_name, "Alicia");

    let answer = browser.post("/auth/logout", &FORM[2..3]).await;
    assert_eq!(answer.location(), "/en/");
    for _ in 0..2 {
        assert!(app.session(browser).await.visitor.is_none());
    }
    let answer = app.sign_in(browser, ALICE).await;
    assert_eq!(answer.location(), "/en/membership");
    app.session(browser).await;
    let answer = browser.post("/member/leave", &FORM[2..3]).await;
    assert_eq!(answer.location(), "/en/goodbye");
    for _ in 0..2 {
        assert!(app.session(browser).await.visitor.is_none());
    }
    assert!(app.users.get(ALICE).is_none());
}

#[tokio::test]
async fn the_whole_way_needs_no_stickiness() {
    let app = TestApp::start().await;
    let other = app.another().await;
    let replicas = vec![app.browser().url(), other.base.clone()];
    for first in 0..2 {
        let proxy = RoundRobin::before(replicas.clone(), first).await;
        let browser = app.browser().at(proxy.base.clone());
        journey(&app, &browser).await;
        let served = proxy.served();
        assert!(served[0].abs_diff(served[1]) <= 1, "{served:?}");
        assert_eq!(app.line.deauthorized().len(), first + 1);
    }
    assert_eq!(app.line.deauthorized()[0], access_token(ALICE));
}
