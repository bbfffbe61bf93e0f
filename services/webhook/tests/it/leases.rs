//! Whose an event is while it is worked on, and who has it after a crash.

use std::time::Duration;

use serde_json::json;
use service_kit::Clock;

use crate::events::{event, event_id, group, text, token, unfollow};
use crate::harness::{ALICE, BOB, Fault, Health, Reply, START, TestApp};

/// Whoever took an event up longer ago asks whether it is still theirs.
const FRESH: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_finished_attempt_counts_only_if_it_still_owns_its_event() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.line.held.wait(1).await;
    let mut inbox = app.inbox().await;
    inbox
        .execute("update event set attempt = attempt + 1")
        .await;
    app.line.release(1);
    app.line.replies.wait(1).await;
    // Another conversation's event is finished after it, so the first has had its chance to write.
    app.deliver([text(2, BOB, "hello")]).await;
    app.wait("done", 1).await;
    let still_pending = "select count(*) from event where state = 'pending' and attempt = 2";
    assert_eq!(inbox.number(still_pending).await, 1);
    // Its lease runs out, and LINE refuses the token that was used.
    app.advance(31).await;
    assert_eq!(app.line.replies.wait(3).await[2].status, 400);
    app.wait("done", 2).await;
}

#[tokio::test]
async fn whoever_lost_an_event_does_not_begin_its_reply() {
    let app = TestApp::start().await;
    app.users.feel(Health::Hanging);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.users.look_ups.wait(1).await;
    let mut inbox = app.inbox().await;
    inbox
        .execute("update event set attempt = attempt + 1")
        .await;
    app.clock.advance(FRESH);
    app.users.feel(Health::Well);
    app.deliver([text(2, BOB, "last")]).await;
    app.users.look_ups.wait(3).await;
    app.wait("done", 1).await;
    // Whatever the first attempt is about to do, it has done when the app has stopped.
    let mut app = app;
    app.stop().await;
    let replies = app.line.replies.all();
    assert_eq!(replies.len(), 1);
    assert_eq!(replies[0].token, token(2));
}

/// The heartbeat is of real time, a few seconds; the clock that leases are counted by stands still until it is moved.
#[tokio::test]
async fn what_takes_long_is_held_by_heartbeats() {
    let app = TestApp::start_with(|config| config.look_up_limit = Duration::from_secs(9)).await;
    app.users.feel(Health::Hanging);
    app.deliver([text(1, ALICE, "slow")]).await;
    app.users.look_ups.wait(1).await;
    let mut inbox = app.inbox().await;
    let lease = "select lease_until from event";
    assert_eq!(inbox.number(lease).await, START.as_millis() + 12_000);
    app.clock.advance(Duration::from_secs(11));
    inbox.wait(lease, START.as_millis() + 23_000).await;
    app.advance(11).await;
    // Whoever looked for work by now has found the other event, and not the first.
    app.deliver([event(2, "join", &group(None), json!({}))])
        .await;
    app.line.replies.wait(1).await;
    assert_eq!(
        inbox
            .number("select attempt from event where event_key like '%1'")
            .await,
        1
    );
    app.users.feel(Health::Well);
    assert_eq!(app.line.replies.wait(2).await[1].text(), "slow");
}

#[tokio::test]
async fn no_heartbeat_holds_on_to_what_has_just_ended() {
    let app = TestApp::start_with(|config| config.look_up_limit = Duration::from_secs(9)).await;
    app.users.feel(Health::Hanging);
    app.deliver([text(1, ALICE, "ended"), text(2, BOB, "slow")])
        .await;
    app.users.look_ups.wait(2).await;
    let mut inbox = app.inbox().await;
    // As an attempt leaves it that has to be repeated, and that the next heartbeat still thinks to be at work.
    let ended =
        "update event set lease_until = null, due_at = due_at + 300000 where event_key like '%1'";
    assert_eq!(inbox.execute(ended).await, 1);
    app.clock.advance(Duration::from_secs(1));
    let held = "select coalesce(max(lease_until), 0) from event where event_key like '%2'";
    inbox.wait(held, START.as_millis() + 13_000).await;
    let let_go = "select count(*) from event where event_key like '%1' and lease_until is null";
    assert_eq!(inbox.number(let_go).await, 1);
}

#[tokio::test]
async fn what_a_crash_interrupted_is_taken_up_after_the_next_start() {
    let mut app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "interrupted"), text(2, ALICE, "waiting")])
        .await;
    app.line.held.wait(1).await;
    app.kill().await;
    app.resume().await;
    app.wait("done", 2).await;
    let replies = app.line.replies.all();
    let mut texts: Vec<_> = replies.iter().map(Reply::text).collect();
    // Whoever has held the conversation up for ten seconds has lost its turn.
    texts.sort_unstable();
    assert_eq!(texts, ["interrupted", "waiting"]);
}

#[tokio::test]
async fn w48_a_redelivery_after_a_crash_is_one_action() {
    let mut app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    let event = text(1, ALICE, "hello");
    app.deliver([event.clone()]).await;
    app.line.held.wait(1).await;
    app.kill().await;
    app.resume().await;
    app.deliver([event.clone()]).await;
    app.wait("done", 1).await;
    app.deliver([event]).await;
    app.deliver([text(2, ALICE, "last")]).await;
    let replies = app.line.replies.wait(2).await;
    assert_eq!(
        replies.iter().map(Reply::text).collect::<Vec<_>>(),
        ["hello", "last"]
    );
    assert_eq!(app.count("select count(*) from event").await, 2);
}

#[tokio::test]
async fn a_clock_that_was_set_back_makes_nobody_wait_for_it() {
    let mut app = TestApp::start().await;
    let an_hour_ago = app.clock.clone();
    app.clock = Clock::manual(START + Duration::from_hours(1));
    app.stop().await;
    app.resume().await;
    app.users.feel(Health::NotWriting(503));
    app.line.misbehave([Fault::Hold]);
    // One waits for its next attempt, one is being worked on, one waits behind that.
    app.deliver([
        unfollow(1, BOB),
        text(2, ALICE, "begun"),
        text(3, ALICE, "waiting"),
    ])
    .await;
    app.wait("retried", 1).await;
    app.line.held.wait(1).await;
    app.kill().await;

    app.clock = an_hour_ago;
    app.users.feel(Health::Well);
    app.resume().await;
    app.wait("done", 3).await;
    let replies = app.line.replies.all();
    assert_eq!(
        replies.iter().map(Reply::text).collect::<Vec<_>>(),
        ["begun", "waiting"]
    );
    let friendships = app.users.friendships.all();
    assert_eq!(friendships.last().unwrap().1["event_id"], event_id(1));
}
