//! What SQLite's one writer never sees: transactions that meet.

use std::time::Duration;

use member_session::Flash;
use tokio::task::JoinSet;

use crate::harness::{ALICE, Rows, TestApp};

/// Waits until so many statements of the service wait for a lock.
pub(super) async fn are_waiting(rows: &mut Rows, many: i64) {
    let waiting = "select count(*) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'";
    let wait = async {
        while rows.number(waiting).await < many {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_session_that_ends_meanwhile_keeps_no_form() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let (mut other, mut rows) = (app.rows().await, app.rows().await);
    other.run("begin; delete from session").await;
    let posting = tokio::spawn({
        let browser = browser.clone();
        async move { browser.post("/member", &[("language", "en")]).await }
    });
    are_waiting(&mut rows, 1).await;
    other.run("commit").await;
    assert_eq!(posting.await.unwrap().location(), "/en/register");
    let session = app.session(&browser).await;
    assert!(session.visitor.is_none());
    assert_ne!(session.flash, [Flash::TryAgain], "nothing failed");
    assert_eq!(rows.count("kept_form").await, 0);
}

#[tokio::test]
async fn tabs_that_open_together_are_counted_together() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for _ in 0..12 {
        browser.get("/auth/login").await.line_page();
    }
    let (mut other, mut rows) = (app.rows().await, app.rows().await);
    other.run("begin; lock table login in share mode").await;
    let mut opening = JoinSet::new();
    for _ in 0..8 {
        let browser = browser.clone();
        opening.spawn(async move { browser.get("/auth/login").await.line_page() });
    }
    are_waiting(&mut rows, 8).await;
    other.run("commit").await;
    opening.join_all().await;
    assert_eq!(rows.count("login").await, 16);
}

#[tokio::test]
async fn a_login_is_not_kept_waiting_by_one_that_makes_room() {
    let app = TestApp::start().await;
    app.browser().get("/auth/login").await.line_page();
    let mut other = app.rows().await;
    // Another replica is about to forget it, and is slow at it.
    other
        .run("begin; select login_id from login for update")
        .await;
    app.clock.advance(Duration::from_mins(10));
    app.browser().get("/auth/login").await.line_page();
    other.run("commit").await;
    app.browser().get("/auth/login").await.line_page();
    assert_eq!(other.count("login").await, 2, "the old one went later");
}

#[tokio::test]
async fn ending_the_same_sessions_at_once_ends_them() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    for _ in 0..10 {
        let mut browsers = Vec::new();
        for _ in 0..12 {
            browsers.push(app.signed_in(ALICE).await);
        }
        app.users.delete(ALICE);
        let mut asking = JoinSet::new();
        for browser in browsers {
            asking.spawn(async move { browser.get("/member/session").await.status });
        }
        for status in asking.join_all().await {
            assert_eq!(status, 200);
        }
        assert_eq!(app.rows().await.count("session").await, 0);
        app.users.add(ALICE);
    }
}

#[tokio::test]
async fn an_erasure_is_vacuumed() {
    let app = TestApp::start().await;
    let size = "select pg_relation_size('leaving')";
    let mut rows = app.rows().await;
    rows.note_leaving(ALICE, true, i64::MAX).await;
    assert!(rows.number(size).await > 0, "the test must be able to see");
    app.sign_in(&app.browser(), ALICE).await;
    assert_eq!(rows.count("leaving").await, 0);
    let wait = async {
        while rows.number(size).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .unwrap();
}
