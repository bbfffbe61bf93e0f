//! Leaving: durable first, then LINE, then erasure whatever LINE answered.

use std::time::Duration;

use member_session::Flash;
use users_client::Status;

use crate::harness::{ALICE, Browser, Reply, TestApp};

async fn member(app: &TestApp) -> Browser {
    app.users.add(ALICE);
    app.signed_in(ALICE).await
}

async fn leave(browser: &Browser) -> String {
    let answer = browser
        .post("/member/leave", &[("page_language", "en")])
        .await;
    answer.location().to_owned()
}

/// What was asked since `before` entries of the journal.
fn since(app: &TestApp, before: usize) -> Vec<&'static str> {
    app.journal.entries().split_off(before)
}

async fn rows(app: &TestApp, table: &str) -> i64 {
    let count = match table {
        "leaving" => "select count(*) from leaving",
        _ => "select count(*) from session",
    };
    sqlx::query_scalar(count)
        .fetch_one(&mut app.database().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn leaving_is_marked_then_told_to_line_then_done() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    let elsewhere = app.signed_in(ALICE).await;
    let before = app.journal.entries().len();
    assert_eq!(leave(&browser).await, "/en/goodbye");
    assert_eq!(
        since(&app, before),
        ["leave", "deauthorize", "revoke", "erase"]
    );
    assert_eq!(app.line.deauthorized(), ["canary-access-token"]);
    assert!(app.users.get(ALICE).is_none());
    assert!(browser.cookie("__Host-kaiin-session").is_none());
    assert!(app.session(&elsewhere).await.visitor.is_none());
    assert_eq!(
        (rows(&app, "leaving").await, rows(&app, "session").await),
        (0, 0)
    );
}

#[tokio::test]
async fn a_line_that_fails_is_asked_three_times_and_erasure_goes_on() {
    for (reply, tries) in [
        (Reply::Status(500), 3),
        (Reply::Hang, 3),
        (Reply::Status(400), 1),
    ] {
        let app = TestApp::start().await;
        let browser = member(&app).await;
        let before = app.journal.entries().len();
        app.line.answer_unlink(reply);
        assert_eq!(leave(&browser).await, "/en/goodbye");
        let mut expected = vec!["leave"];
        expected.extend(["deauthorize"].repeat(tries));
        expected.extend(["revoke", "erase"]);
        assert_eq!(since(&app, before), expected);
        assert!(app.users.get(ALICE).is_none());
    }
}

#[tokio::test]
async fn if_leaving_cannot_be_marked_nothing_changes() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    app.users.fail("leave");
    assert_eq!(leave(&browser).await, "/en/leave");
    let session = app.session(&browser).await;
    assert_eq!(session.flash, [Flash::TryAgain]);
    assert!(session.membership.is_some());
    assert_eq!(
        app.journal.count("deauthorize") + app.journal.count("erase"),
        0
    );
    assert_eq!(rows(&app, "leaving").await, 0, "nor will it later");
    app.users.recover();
    assert_eq!(leave(&browser).await, "/en/goodbye");
}

#[tokio::test]
async fn the_wish_is_written_down_before_anybody_is_told() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    app.users.hang_on_leaving();
    let waiting = tokio::spawn(async move { leave(&browser).await });
    app.journal.wait_for("leave", 1).await;
    assert_eq!(rows(&app, "leaving").await, 1);
    assert_eq!(waiting.await.unwrap(), "/en/leave");
    assert_eq!(rows(&app, "leaving").await, 0, "no answer is no leaving");
}

#[tokio::test]
async fn an_erasure_that_fails_is_done_later() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    app.users.fail("erase");
    assert_eq!(leave(&browser).await, "/en/goodbye");
    assert_eq!(app.users.get(ALICE).unwrap().status, Status::Leaving);
    assert_eq!(
        (rows(&app, "leaving").await, rows(&app, "session").await),
        (1, 0)
    );

    app.clock.advance(Duration::from_mins(1));
    app.journal.wait_for("erase", 2).await;
    assert_eq!(rows(&app, "leaving").await, 1, "it failed once more");

    let app = app.restart().await;
    app.users.recover();
    app.clock.advance(Duration::from_mins(1));
    app.journal.wait_for("erase", 3).await;
    assert!(app.users.get(ALICE).is_none());
    // The row goes right after; the next round finds nothing to do.
    app.clock.advance(Duration::from_mins(1));
    while rows(&app, "leaving").await > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(app.journal.count("erase"), 3);
}

#[tokio::test]
async fn a_visitor_who_hangs_up_leaves_all_the_same() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    app.line.answer_unlink(Reply::Hang);
    let hung_up = tokio::spawn(async move { leave(&browser).await });
    app.journal.wait_for("deauthorize", 1).await;
    hung_up.abort();
    app.journal.wait_for("erase", 1).await;
}

#[tokio::test]
async fn a_process_that_died_half_way_goes_on_where_it_was() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    // As left behind by a process that died between its own note and the call to the members' API.
    sqlx::query("insert into leaving (luid, asked_at, marked, due_at) values (?, 0, 0, 0)")
        .bind(ALICE)
        .execute(&mut app.database().await)
        .await
        .unwrap();
    app.journal.wait_for("erase", 1).await;
    assert_eq!(since(&app, 0), ["leave", "find", "erase"]);
    assert!(app.users.get(ALICE).is_none());
}

#[tokio::test]
async fn whoever_was_erased_and_registered_anew_is_left_alone() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    // As left behind by a process that died right after the erasure.
    sqlx::query("insert into leaving (luid, asked_at, marked, due_at) values (?, 0, 1, 0)")
        .bind(ALICE)
        .execute(&mut app.database().await)
        .await
        .unwrap();
    app.journal.wait_for("find", 1).await;
    while rows(&app, "leaving").await > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(since(&app, 0), ["find"]);
    assert!(app.users.get(ALICE).is_some());
}

#[tokio::test]
async fn a_tab_that_fails_does_not_call_off_what_another_began() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    // Another tab got as far as telling the members' API.
    let begun = "insert into leaving (luid, asked_at, marked, due_at) values (?, 0, 1, ?)";
    sqlx::query(begun)
        .bind(ALICE)
        .bind(i64::MAX)
        .execute(&mut app.database().await)
        .await
        .unwrap();
    app.users.fail("leave");
    assert_eq!(leave(&browser).await, "/en/leave");
    assert_eq!(rows(&app, "leaving").await, 1);
}

#[tokio::test]
async fn whoever_comes_back_before_the_erasure_is_erased_first() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    app.users.fail("erase");
    leave(&browser).await;
    let answer = app.sign_in(&browser, ALICE).await;
    assert_eq!(answer.location(), "/en/sign-in-failed/unavailable");
    app.users.recover();
    let answer = app.sign_in(&browser, ALICE).await;
    assert_eq!(answer.location(), "/en/register");
    assert!(app.users.get(ALICE).is_none());
    assert_eq!(rows(&app, "leaving").await, 0);
}

#[tokio::test]
async fn leaving_twice_is_leaving_once() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    let (one, two) = tokio::join!(leave(&browser), leave(&browser));
    assert!(
        [&one, &two].contains(&&"/en/goodbye".to_owned()),
        "{one} {two}"
    );
    assert!(app.users.get(ALICE).is_none());
    assert_eq!(rows(&app, "leaving").await, 0);
}
