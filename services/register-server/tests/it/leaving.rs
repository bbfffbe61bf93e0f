//! Leaving: durable first, then LINE, then erasure whatever LINE answered.

use std::time::Duration;

use member_session::Flash;
use problem::Problem;
use users_client::Status;

use crate::harness::{ALICE, Browser, Reply, TestApp, access_token};

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
    app.rows().await.count(table).await
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
    assert_eq!(app.line.deauthorized(), [access_token(ALICE)]);
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
        (Reply::Status(400), 3),
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

/// Writes down that Alice is leaving, as another tab or a process that died would have.
async fn note(app: &TestApp, is_marked: bool, due_at: i64) {
    let mut rows = app.rows().await;
    rows.note_leaving(ALICE, is_marked, due_at).await;
}

/// Waits until nobody is noted as leaving.
async fn nobody_is_leaving(app: &TestApp) {
    let wait = async {
        while rows(app, "leaving").await > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_refusal_to_let_them_go_changes_nothing() {
    for refuse in [
        (|app| app.users.refuse(Problem::forbidden())) as fn(&TestApp),
        // Nobody says that there is no such member.
        |app| app.users.be_elsewhere(),
    ] {
        let app = TestApp::start().await;
        let browser = member(&app).await;
        refuse(&app);
        assert_eq!(leave(&browser).await, "/en/leave");
        app.users.recover();
        let session = app.session(&browser).await;
        assert_eq!(session.flash, [Flash::TryAgain]);
        assert!(session.membership.is_some());
        assert_eq!(
            app.journal.count("deauthorize") + app.journal.count("erase"),
            0
        );
        assert_eq!(rows(&app, "leaving").await, 0, "nor will it later");
        assert_eq!(leave(&browser).await, "/en/goodbye");
    }
}

#[tokio::test]
async fn the_wish_is_written_down_before_anybody_is_told() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    app.users.lose_the_answer_to_leaving();
    let waiting = tokio::spawn(async move { leave(&browser).await });
    app.journal.wait_for("leave", 1).await;
    assert_eq!(rows(&app, "leaving").await, 1);
    assert_eq!(waiting.await.unwrap(), "/en/goodbye");
}

#[tokio::test]
async fn a_lost_answer_is_no_refusal() {
    for lose in [
        (|app| app.users.lose_the_answer_to_leaving()) as fn(&TestApp),
        |app| app.users.fail("leave"),
    ] {
        let app = TestApp::start().await;
        let browser = member(&app).await;
        let elsewhere = app.signed_in(ALICE).await;
        lose(&app);
        assert_eq!(leave(&browser).await, "/en/goodbye");
        assert!(app.session(&elsewhere).await.visitor.is_none());
        assert_eq!(app.line.deauthorized(), [access_token(ALICE)]);
        assert_eq!(
            (rows(&app, "leaving").await, rows(&app, "session").await),
            (1, 0)
        );
        assert!(app.users.get(ALICE).is_some());

        app.users.recover();
        app.clock.advance(Duration::from_mins(1));
        nobody_is_leaving(&app).await;
        assert!(app.users.get(ALICE).is_none());
        assert_eq!(app.journal.count("leave"), 2);
    }
}

#[tokio::test]
async fn a_new_membership_outlives_the_erasure_of_the_old() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    app.line.answer_unlink(Reply::Hang);
    let leaving = tokio::spawn(async move { leave(&browser).await });
    app.journal.wait_for("deauthorize", 1).await;
    // While LINE is waited for they come back in another browser, which erases them first, and register anew.
    let again = app.browser();
    assert_eq!(app.sign_in(&again, ALICE).await.location(), "/en/register");
    app.users.add(ALICE);
    assert_eq!(leaving.await.unwrap(), "/en/goodbye");
    assert_eq!(app.users.get(ALICE).unwrap().status, Status::Active);
    assert!(app.session(&again).await.membership.is_some());
    assert_eq!(rows(&app, "leaving").await, 0);
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
    nobody_is_leaving(&app).await;
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
    // It died between its own note and the call to the members' API.
    note(&app, false, 0).await;
    nobody_is_leaving(&app).await;
    assert_eq!(since(&app, 0), ["leave", "erase"]);
    assert!(app.users.get(ALICE).is_none());
}

#[tokio::test]
async fn whoever_was_erased_and_registered_anew_is_left_alone() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    // The process died right after the erasure.
    note(&app, true, 0).await;
    nobody_is_leaving(&app).await;
    assert!(app.users.get(ALICE).is_some());
}

#[tokio::test]
async fn an_erasure_without_an_answer_of_the_members_api_is_not_done() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    app.users.fail("erase");
    assert_eq!(leave(&browser).await, "/en/goodbye");
    app.users.be_elsewhere();
    app.clock.advance(Duration::from_mins(1));
    let answer = app.sign_in(&browser, ALICE).await;
    assert_eq!(answer.location(), "/en/sign-in-failed/unavailable");
    assert_eq!(rows(&app, "leaving").await, 1);
}

#[tokio::test]
async fn a_tab_that_is_refused_does_not_call_off_what_another_began() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    // Another tab got as far as telling the members' API.
    note(&app, true, i64::MAX).await;
    app.users.refuse(Problem::forbidden());
    assert_eq!(leave(&browser).await, "/en/leave");
    assert_eq!(rows(&app, "leaving").await, 1);
}

#[tokio::test]
async fn a_tab_that_is_refused_does_not_call_off_what_another_asked_for() {
    let app = TestApp::start().await;
    let browser = member(&app).await;
    app.users.lose_the_answer_to_leaving();
    let other = browser.clone();
    let one = tokio::spawn(async move { leave(&other).await });
    app.journal.wait_for("leave", 1).await;
    app.users.refuse(Problem::forbidden());
    assert_eq!(leave(&browser).await, "/en/leave");
    assert_eq!(one.await.unwrap(), "/en/goodbye");
    app.users.recover();
    app.clock.advance(Duration::from_mins(1));
    nobody_is_leaving(&app).await;
    assert!(app.users.get(ALICE).is_none(), "they were told goodbye");
}

#[tokio::test]
async fn whoever_comes_back_before_the_members_api_knows_is_out_first() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    note(&app, false, i64::MAX).await;
    let browser = app.browser();
    app.users.fail("leave");
    let answer = app.sign_in(&browser, ALICE).await;
    assert_eq!(answer.location(), "/en/sign-in-failed/unavailable");
    app.users.recover();
    let answer = app.sign_in(&browser, ALICE).await;
    assert_eq!(answer.location(), "/en/register");
    assert!(app.users.get(ALICE).is_none());
    assert_eq!(rows(&app, "leaving").await, 0, "or it would end the next");
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
