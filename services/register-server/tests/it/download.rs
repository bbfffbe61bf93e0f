//! All that is held, as a file.

use std::time::Duration;

use member_session::Flash;

use crate::harness::{ALICE, TestApp};

#[tokio::test]
async fn a_member_takes_along_all_that_is_held() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    let answer = browser.post("/member/download", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(
        answer.headers["content-disposition"],
        "attachment; filename=\"my-membership.json\""
    );
    let export: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(export["member"]["luid"], ALICE);
    assert_eq!(export["member"]["display_name"], "Canary Name");
}

#[tokio::test]
async fn a_sign_in_of_long_ago_is_not_enough() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    app.clock.advance(Duration::from_mins(15));
    assert_eq!(browser.post("/member/download", &[]).await.status, 200);
    app.clock.advance(Duration::from_secs(1));
    let answer = browser
        .post("/member/download", &[("page_language", "ja")])
        .await;
    assert_eq!(answer.location(), "/ja/membership");
    assert_eq!(app.session(&browser).await.flash, [Flash::SignInAgain]);
    assert_eq!(app.journal.count("export"), 1);

    app.sign_in(&browser, ALICE).await;
    app.session(&browser).await;
    assert_eq!(browser.post("/member/download", &[]).await.status, 200);
}

#[tokio::test]
async fn who_is_no_member_takes_nothing_along() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let answer = browser.post("/member/download", &[]).await;
    assert_eq!(answer.location(), "/en/register");
    assert_eq!(app.journal.count("export"), 0);
}

#[tokio::test]
async fn a_service_that_is_away_gives_no_file() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    app.users.fail("export");
    let answer = browser.post("/member/download", &[]).await;
    assert_eq!(answer.location(), "/en/membership");
    assert_eq!(app.session(&browser).await.flash, [Flash::TryAgain]);
}
