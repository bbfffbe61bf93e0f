//! The whole way against the simulator, which reads LINE's reference by itself.

use serde_json::json;

use crate::harness::{ALICE, Journey};

#[tokio::test]
async fn somebody_registers_and_leaves() {
    let journey = Journey::start().await;
    let started = journey.browser.get("/auth/login?lang=en").await;
    assert_eq!(
        journey.decide(&started, true).await.location(),
        "/en/register"
    );
    assert_eq!(
        journey.alice().await["granted"],
        json!(["openid", "profile"])
    );

    let form = [
        ("display_name", "Alice"),
        ("language", "en"),
        ("consent.terms", "1"),
    ];
    assert_eq!(
        journey.browser.post("/member", &form).await.location(),
        "/en/welcome"
    );
    let session = journey.browser.get("/member/session").await;
    let session: member_session::Session = serde_json::from_slice(&session.body).unwrap();
    assert_eq!(
        session.visitor.unwrap().display_name.as_deref(),
        Some("Alice")
    );
    let friendship = session.membership.unwrap().friendship;
    assert_eq!(
        friendship,
        member_session::Friendship::Following,
        "LINE said so at sign-in"
    );

    let left = journey
        .browser
        .post("/member/leave", &[("page_language", "en")])
        .await;
    assert_eq!(left.location(), "/en/goodbye");
    assert_eq!(
        journey.alice().await["granted"],
        json!([]),
        "deauthorized at LINE"
    );
    assert!(journey.users.get(ALICE).is_none());
}

#[tokio::test]
async fn somebody_says_no() {
    let journey = Journey::start().await;
    let started = journey.browser.get("/auth/login?lang=ja").await;
    let answer = journey.decide(&started, false).await;
    assert_eq!(answer.location(), "/ja/sign-in-failed/cancelled");
}

#[tokio::test]
async fn a_failed_auto_login_is_overcome_by_the_retry() {
    let journey = Journey::start().await;
    let fault = json!({"on": "authorize", "answer": "auto_login_failure", "times": 2});
    journey.tell("/_sim/faults", &fault).await;
    let started = journey.browser.get("/auth/login?lang=zh-TW").await;
    let page = started.line_page();
    let failed = journey
        .phone
        .get(&format!("{}?{}", page.path(), page.query().unwrap()))
        .await;
    let answer = journey.follow(failed.location()).await;
    assert_eq!(answer.location(), "/zh-TW/sign-in-failed/expired");

    let retry = member_session::login_path(member_session::Language::ZhTw, true);
    let started = journey.browser.get(&retry).await;
    let page = started.line_page();
    let shown = journey
        .phone
        .get(&format!("{}?{}", page.path(), page.query().unwrap()))
        .await;
    assert_eq!(shown.status, 200, "LINE asks instead of failing");
    assert_eq!(
        journey.decide(&started, true).await.location(),
        "/zh-TW/register"
    );
}
