//! What fails is tried again, in its time, and stops nobody.

use crate::events::{follow, text, token, unfollow};
use crate::harness::{ALICE, BOB, Health, TestApp};

#[tokio::test]
async fn a_state_change_is_tried_again_without_a_second_reply() {
    let app = TestApp::start().await;
    app.users.feel(Health::NotWriting(503));
    app.deliver([follow(1, ALICE)]).await;
    app.wait("retried", 1).await;
    assert_eq!(app.line.replies.all().len(), 1);
    app.users.feel(Health::Well);
    app.advance(1).await;
    app.wait("done", 1).await;
    assert_eq!(app.users.friendships.all().len(), 2);
    assert_eq!(app.line.replies.all().len(), 1);
    assert_eq!(app.users.look_ups.all().len(), 1);
}

#[tokio::test]
async fn i20_a_state_change_waits_for_api_users_three_days_and_is_then_parked() {
    let app = TestApp::start().await;
    app.users.feel(Health::NotWriting(500));
    app.deliver([unfollow(1, BOB)]).await;
    let three_days = 3 * 24 * 3600;
    for (retried, pause) in [
        (1, 1),
        (2, 5),
        (3, 30),
        (4, 300),
        (5, 300),
        (6, 300),
        (7, three_days),
    ] {
        app.wait("retried", retried).await;
        app.advance(pause).await;
    }
    app.wait("parked", 1).await;
    assert_eq!(app.users.friendships.all().len(), 8);
    let reason = "select count(*) from event where state = 'parked' and last_error = 'friendship-not-recorded'";
    assert_eq!(app.count(reason).await, 1);
}

#[tokio::test]
async fn what_api_users_refuses_for_good_is_not_asked_again() {
    let app = TestApp::start().await;
    app.users.feel(Health::NotWriting(410));
    app.deliver([unfollow(1, BOB)]).await;
    app.wait("done", 1).await;
    assert_eq!(app.users.friendships.all().len(), 1);
}

#[tokio::test]
async fn an_event_holds_its_conversation_ten_seconds_at_most() {
    let app = TestApp::start().await;
    app.users.feel(Health::NotWriting(500));
    app.deliver([unfollow(1, ALICE)]).await;
    for (retried, pause) in [(1, 1), (2, 5)] {
        app.wait("retried", retried).await;
        app.advance(pause).await;
    }
    app.wait("retried", 3).await;
    // Six seconds have passed; the next attempt is half a minute away.
    app.deliver([text(2, ALICE, "waits"), text(3, BOB, "does not")])
        .await;
    assert_eq!(app.line.replies.wait(1).await[0].token, token(3));
    app.wait("done", 1).await;
    assert_eq!(app.line.replies.all().len(), 1);
    app.advance(4).await;
    assert_eq!(app.line.replies.wait(2).await[1].text(), "waits");
}

#[tokio::test]
async fn a_look_up_is_tried_again_before_anyone_is_told_that_it_failed() {
    let app = TestApp::start().await;
    app.users.feel(Health::Failing(503));
    app.deliver([text(1, ALICE, "hello")]).await;
    app.users.look_ups.wait(2).await;
    app.users.feel(Health::Well);
    assert_eq!(app.line.replies.wait(1).await[0].text(), "hello");
}
