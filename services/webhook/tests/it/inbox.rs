//! What the inbox keeps, in which order it is worked off, and what survives a stop.

use std::time::Duration;

use serde_json::json;

use crate::events::{follow, text, token, with};
use crate::harness::{ALICE, BOB, Fault, Reply, START, TestApp, delivery};

const EVENTS: &str = "select count(*) from event";

#[tokio::test]
async fn a_conversation_keeps_its_order_while_others_go_ahead() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "1")]).await;
    app.line.held.wait(1).await;
    // Within a delivery LINE's times decide, not its order.
    app.deliver([
        text(5, ALICE, "5"),
        text(3, ALICE, "3"),
        text(9, BOB, "bob"),
        text(4, ALICE, "4"),
    ])
    .await;
    app.deliver([text(2, ALICE, "2")]).await;
    // Bob is answered while Alice's conversation is held.
    assert_eq!(app.line.replies.wait(1).await[0].token, token(9));
    app.line.release(1);
    let replies = app.line.replies.wait(6).await;
    let texts: Vec<_> = replies[1..].iter().map(Reply::text).collect();
    assert_eq!(texts, ["1", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn who_writes_behind_all_that_one_conversation_wrote_is_answered() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "1")]).await;
    app.line.held.wait(1).await;
    app.deliver((2..=600).map(|id| text(id, ALICE, "more")))
        .await;
    app.deliver([text(601, BOB, "bob")]).await;
    // Alice's conversation is held, and much of it is due before Bob's event.
    assert_eq!(app.line.replies.wait(1).await[0].token, token(601));
}

#[tokio::test]
async fn what_comes_late_in_a_crowd_is_not_overtaken() {
    let app = TestApp::start().await;
    let crowd = (3..=600).map(|id| text(id, &format!("U{id:032x}"), "hello"));
    let late = [text(1, ALICE, "1")];
    app.deliver([text(2, ALICE, "2")].into_iter().chain(crowd).chain(late))
        .await;
    // It came behind more than is taken up at once, and happened before all of them.
    let replies = app.line.replies.wait(600).await;
    let tokens = replies.into_iter().map(|reply| reply.token);
    let alice: Vec<_> = tokens
        .filter(|it| [token(1), token(2)].contains(it))
        .collect();
    assert_eq!(alice, [token(1), token(2)]);
}

#[tokio::test]
async fn a_stored_event_wakes_the_worker() {
    let app = TestApp::start().await;
    let begun = std::time::Instant::now();
    for id in 1..=20 {
        app.deliver([text(id, ALICE, "hello")]).await;
        app.wait("done", usize::try_from(id).unwrap()).await;
    }
    // A worker that only looked now and then would take a second each time.
    assert!(begun.elapsed().as_secs() < 10);
}

#[tokio::test]
async fn a_redelivery_is_acted_on_once() {
    let app = TestApp::start().await;
    let event = text(1, ALICE, "hello");
    app.deliver([event.clone()]).await;
    let again = with(event, "deliveryContext", json!({ "isRedelivery": true }));
    for _ in 0..3 {
        app.deliver([again.clone()]).await;
    }
    app.deliver([text(2, ALICE, "last")]).await;
    assert_eq!(app.line.replies.wait(2).await.len(), 2);
    assert_eq!(app.events("duplicate").await, 3);
    assert_eq!(app.users.look_ups.all().len(), 2);
}

#[tokio::test]
async fn w23_a_redelivery_seen_first_is_answered_only_while_its_token_lives() {
    let app = TestApp::start().await;
    let redelivered = |id, minutes: i64| {
        let event = with(
            follow(id, BOB),
            "deliveryContext",
            json!({ "isRedelivery": true }),
        );
        with(
            event,
            "timestamp",
            json!(START.as_millis() - minutes * 60_000),
        )
    };
    app.deliver([redelivered(1, 21), redelivered(2, 19)]).await;
    app.wait("done", 2).await;
    assert_eq!(app.users.friendships.all().len(), 2);
    let replies = app.line.replies.all();
    assert_eq!(replies.len(), 1);
    assert_eq!(replies[0].token, token(2));
}

#[tokio::test]
async fn w24_i22_an_old_capture_does_nothing_even_after_pruning() {
    let app = TestApp::start().await;
    let body = delivery([follow(1, BOB)]);
    app.post(body.clone()).await;
    app.wait("done", 1).await;
    app.clock.advance(Duration::from_hours(31 * 24));
    app.inbox().await.wait(EVENTS, 0).await;

    assert_eq!(app.post(body).await.status(), 200);
    assert_eq!(app.events("stale").await, 1);
    assert_eq!(
        app.count("select count(*) from event where state = 'stale'")
            .await,
        1
    );
    let now = START.as_millis() + 31 * 24 * 3_600_000;
    app.deliver([with(text(2, BOB, "now"), "timestamp", json!(now))])
        .await;
    app.wait("done", 2).await;
    assert_eq!(app.line.replies.all().len(), 2);
    assert_eq!(app.users.friendships.all().len(), 1);
}

#[tokio::test]
async fn what_is_done_keeps_its_key_and_no_content() {
    let app = TestApp::start().await;
    app.deliver([text(1, ALICE, "hello")]).await;
    app.wait("done", 1).await;
    assert_eq!(
        app.count("select count(*) from event where state = 'done' and length(raw) = 0 and conversation is null")
            .await,
        1
    );
}

#[tokio::test]
async fn a_stop_finishes_what_is_begun_and_the_rest_is_done_after_the_next_start() {
    let mut app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "begun"), text(2, ALICE, "waiting")])
        .await;
    app.line.held.wait(1).await;
    let mut stopped = app.begin_stop();
    assert!(futures::poll!(&mut stopped).is_pending());
    app.line.release(1);
    stopped.await.unwrap().unwrap();
    assert_eq!(app.line.replies.all().len(), 1);
    assert_eq!(
        app.count("select count(*) from event where state = 'pending' and attempt = 0")
            .await,
        1
    );

    app.resume().await;
    let replies = app.line.replies.wait(2).await;
    assert_eq!(
        replies.iter().map(Reply::text).collect::<Vec<_>>(),
        ["begun", "waiting"]
    );
}
