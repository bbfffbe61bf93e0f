//! A message that was taken back is forgotten, whichever comes first.

use std::time::Duration;

use crate::events::{text, token, unsend};
use crate::harness::{ALICE, BOB, Fault, TestApp};

/// Events of which nothing but the key is left.
const EMPTY: &str = "select count(*) from event
    where state = 'done' and length(raw) = 0 and conversation is null and message_id is null";

fn tokens(app: &TestApp) -> Vec<String> {
    let replies = app.line.replies.all().into_iter();
    replies.map(|reply| reply.token).collect()
}

#[tokio::test]
async fn a_message_that_comes_after_its_unsend_is_neither_answered_nor_kept() {
    let app = TestApp::start().await;
    app.deliver([unsend(9, ALICE, 1)]).await;
    app.wait("done", 1).await;
    app.deliver([text(1, ALICE, "taken back"), text(2, ALICE, "last")])
        .await;
    app.wait("done", 3).await;
    assert_eq!(tokens(&app), [token(2)]);
    assert_eq!(
        app.users.look_ups.all(),
        [ALICE],
        "nobody is asked about it"
    );
    assert_eq!(app.count(EMPTY).await, 3);
}

#[tokio::test]
async fn a_message_that_waits_for_its_next_attempt_is_forgotten() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Status(500); 3]);
    app.deliver([text(1, ALICE, "taken back")]).await;
    for (retried, pause) in [(1, 1), (2, 5)] {
        app.wait("retried", retried).await;
        app.advance(pause).await;
    }
    app.wait("retried", 3).await;
    // After ten seconds its conversation waits for it no longer; its next attempt is twenty-six more away.
    app.deliver([unsend(9, ALICE, 1)]).await;
    app.advance(4).await;
    app.wait("done", 1).await;
    assert_eq!(app.count(EMPTY).await, 2);
    app.advance(26).await;
    app.deliver([text(2, ALICE, "last")]).await;
    app.wait("done", 2).await;
    assert_eq!(tokens(&app), [token(1), token(1), token(1), token(2)]);
}

#[tokio::test]
async fn a_parked_message_is_forgotten() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Status(500), Fault::Status(500)]);
    app.deliver([text(1, ALICE, "taken back"), text(2, BOB, "not")])
        .await;
    app.wait("retried", 2).await;
    let mut inbox = app.inbox().await;
    inbox.execute("update event set state = 'parked'").await;
    app.deliver([unsend(9, ALICE, 1)]).await;
    app.wait("done", 1).await;
    assert_eq!(inbox.number(EMPTY).await, 2);
    let left = "select count(*) from event where state = 'parked' and length(raw) > 0";
    assert_eq!(inbox.number(left).await, 1);
}

#[tokio::test]
async fn nobody_takes_back_what_somebody_else_said() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Status(500)]);
    app.deliver([text(1, ALICE, "stays")]).await;
    app.wait("retried", 1).await;
    // A message of the same ID in another chat: LINE would not do this.
    app.deliver([unsend(9, BOB, 1)]).await;
    app.wait("done", 1).await;
    assert_eq!(
        app.count("select count(*) from event where state = 'pending'")
            .await,
        1
    );
}

#[tokio::test]
async fn an_unsend_is_remembered_as_long_as_events_are() {
    let app = TestApp::start().await;
    app.deliver([unsend(9, ALICE, 1)]).await;
    app.wait("done", 1).await;
    assert_eq!(app.count("select count(*) from unsent").await, 1);
    app.clock.advance(Duration::from_hours(31 * 24));
    app.inbox()
        .await
        .wait("select count(*) from unsent", 0)
        .await;
}
