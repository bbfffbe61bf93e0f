//! An event that can only fail stops nothing but itself.

use std::time::Duration;

use serde_json::json;

use crate::events::{event, group, text, token, unfollow};
use crate::harness::{ALICE, BOB, Fault, Health, TestApp};

#[tokio::test]
async fn i20_only_an_event_that_was_alone_when_the_process_was_lost_is_blamed_for_it() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Hold, Fault::Hold]);
    // Each second event waits for the first of its conversation.
    app.deliver([text(1, ALICE, "first"), unfollow(2, ALICE)])
        .await;
    app.deliver([text(3, BOB, "first"), unfollow(4, BOB)]).await;
    app.line.held.wait(2).await;
    let mut inbox = app.inbox().await;
    // Five attempts of each never came to an end, long after it could be answered; one of them had the process for itself.
    let lost = "update event set attempt = 5, received_at = received_at - 60000 where attempt = 0";
    assert_eq!(inbox.execute(lost).await, 2);
    let alone =
        "update event set last_error = 'suspected' where attempt = 5 and event_key like '%2'";
    assert_eq!(inbox.execute(alone).await, 1);
    app.line.release(2);
    app.wait("parked", 1).await;
    app.wait("done", 3).await;
    let parked = "select count(*) from event
        where state = 'parked' and last_error = 'never-ended' and attempt = 6 and length(raw) > 0";
    assert_eq!(app.count(parked).await, 1);
    // The other was suspected, acted on alone, and found innocent.
    let innocent = "select count(*) from event where state = 'done' and last_error = 'suspected'";
    assert_eq!(app.count(innocent).await, 1);
}

#[tokio::test]
async fn i20_while_people_can_be_answered_nobody_is_suspected() {
    let mut app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "hello")]).await;
    for attempt in 1..=4 {
        app.line.held.wait(attempt).await;
        app.kill().await;
        if attempt < 4 {
            app.line.misbehave([Fault::Hold]);
        }
        app.resume().await;
    }
    app.wait("done", 1).await;
    let replies = app.line.replies.all();
    assert_eq!((replies[0].text(), replies[0].status), ("hello", 200));
    let blamed = "select count(*) from event where last_error is not null";
    assert_eq!(app.count(blamed).await, 0);
}

#[tokio::test]
async fn i20_an_event_that_takes_the_process_with_it_five_times_is_parked() {
    let mut app = TestApp::start().await;
    app.users.feel(Health::Hanging);
    app.deliver([unfollow(1, ALICE)]).await;
    for (attempt, other) in (1..=5).zip(10..) {
        app.users.friendships.wait(attempt).await;
        app.deliver([event(other, "join", &group(None), json!({}))])
            .await;
        app.line.replies.wait(attempt).await;
        app.wait("done", 1).await;
        app.kill().await;
        if attempt == 4 {
            // As long as people can be answered, nobody is suspected.
            app.clock.advance(Duration::from_secs(50));
        }
        app.resume().await;
    }
    app.wait("parked", 1).await;
    let parked = "select count(*) from event
        where state = 'parked' and last_error = 'never-ended' and attempt = 6 and length(raw) > 0";
    assert_eq!(app.count(parked).await, 1);
    assert_eq!(app.users.friendships.all().len(), 5);
}

#[tokio::test]
async fn i20_an_event_that_hangs_five_times_is_parked_while_others_are_answered() {
    let app = TestApp::start_with(|config| config.look_up_limit = Duration::from_mins(1)).await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "first"), text(2, ALICE, "poison")])
        .await;
    app.line.held.wait(1).await;
    // Each attempt is given ten seconds: this is the last of them.
    let four_went_before =
        "update event set attempt = 4, last_error = 'took-too-long' where attempt = 0";
    assert_eq!(app.inbox().await.execute(four_went_before).await, 1);
    app.users.feel(Health::Hanging);
    app.line.release(1);
    app.users.look_ups.wait(2).await;
    app.deliver([event(3, "join", &group(None), json!({}))])
        .await;
    assert_eq!(app.line.replies.wait(2).await[1].token, token(3));
    app.wait("parked", 1).await;
    let parked =
        "select count(*) from event where state = 'parked' and last_error = 'took-too-long'";
    assert_eq!(app.count(parked).await, 1);
}
