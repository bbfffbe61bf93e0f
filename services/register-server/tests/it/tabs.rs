//! One browser, several tabs.

use tokio::task::JoinSet;

use crate::harness::{ALICE, BOB, TestApp};

#[tokio::test]
async fn two_tabs_may_both_sign_in() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let one = browser.get("/auth/login?lang=en").await;
    let two = browser.get("/auth/login?lang=ja").await;
    assert_ne!(one.parameter("state"), two.parameter("state"));
    let code_one = app.line.consent(&one.line_page(), ALICE);
    let code_two = app.line.consent(&two.line_page(), ALICE);
    let back_two = app.come_back(&browser, &two, &code_two).await;
    assert_eq!(back_two.location(), "/ja/register");
    let back_one = app.come_back(&browser, &one, &code_one).await;
    assert_eq!(
        back_one.location(),
        "/en/register",
        "each in its own language"
    );
    assert!(app.session(&browser).await.visitor.is_some());
}

#[tokio::test]
async fn a_code_of_one_tab_does_not_finish_the_other() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let one = browser.get("/auth/login?lang=en").await;
    let two = browser.get("/auth/login?lang=en").await;
    let code = app.line.consent(&one.line_page(), BOB);
    let answer = app.come_back(&browser, &two, &code).await;
    assert_eq!(answer.location(), "/en/sign-in-failed/refused");
}

#[tokio::test]
async fn the_sixteen_latest_tabs_of_a_browser_count() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let mut tabs = Vec::new();
    for _ in 0..17 {
        tabs.push(browser.get("/auth/login?lang=en").await);
    }
    let code = app.line.consent(&tabs[0].line_page(), ALICE);
    let first = app.come_back(&browser, &tabs[0], &code).await;
    assert_eq!(first.location(), "/en/sign-in-failed/expired");
    let code = app.line.consent(&tabs[1].line_page(), ALICE);
    let second = app.come_back(&browser, &tabs[1], &code).await;
    assert_eq!(second.location(), "/en/register");
}

#[tokio::test]
async fn tabs_that_open_at_once_are_counted_too() {
    let app = TestApp::start().await;
    let browser = app.browser();
    browser.get("/auth/login").await.line_page();
    let mut opening = JoinSet::new();
    for _ in 0..19 {
        let browser = browser.clone();
        opening.spawn(async move { browser.get("/auth/login").await.line_page() });
    }
    opening.join_all().await;
    assert_eq!(app.rows().await.count("login").await, 16);
}
