//! What the inbox keeps, in which order it is worked off, and what survives a stop.

use serde_json::json;

use crate::events::{event_id, follow, text, token, with};
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
    app.advance(31 * 24 * 3600);
    let pruned = async { while app.count(EVENTS).await > 0 {} };
    tokio::time::timeout(crate::harness::BOUND, pruned)
        .await
        .expect("pruned in time");

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

#[tokio::test]
async fn a_finished_attempt_counts_only_if_it_still_owns_its_event() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.line.held.wait(1).await;
    let inbox = app.open_inbox().await;
    sqlx::query("update event set attempt = attempt + 1")
        .execute(&inbox)
        .await
        .unwrap();
    app.line.release(1);
    app.line.replies.wait(1).await;
    // Another conversation's event is finished after it, so the first has had its chance to write.
    app.deliver([text(2, BOB, "hello")]).await;
    app.wait("done", 1).await;
    assert_eq!(
        app.count("select count(*) from event where state = 'pending' and attempt = 2")
            .await,
        1
    );
    // Its lease runs out, and LINE refuses the token that was used.
    app.advance(31);
    assert_eq!(app.line.replies.wait(3).await[2].status, 400);
    app.wait("done", 2).await;
}

/// Starts anew on an inbox in which a crash interrupted an event in its `attempt`-th attempt; the next one waits.
async fn after_a_crash(attempt: i64) -> TestApp {
    let mut app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    let texts = ["done", "interrupted", "next"];
    app.deliver((1..).zip(texts).map(|(id, said)| text(id, ALICE, said)))
        .await;
    app.line.held.wait(1).await;
    let stopped = app.begin_stop();
    app.line.release(1);
    stopped.await.unwrap().unwrap();
    let inbox = app.open_inbox().await;
    let crash = "update event set attempt = ?1, lease_until = ?2 + 30000, held_until = ?2 + 10000 where event_key = ?3";
    let crash = sqlx::query(crash)
        .bind(attempt)
        .bind(START.as_millis())
        .bind(event_id(2));
    assert_eq!(crash.execute(&inbox).await.unwrap().rows_affected(), 1);
    inbox.close().await;
    app.resume().await;
    app
}

#[tokio::test]
async fn what_a_crash_interrupted_is_taken_up_at_the_next_start() {
    let app = after_a_crash(1).await;
    let replies = app.line.replies.wait(3).await;
    let texts: Vec<_> = replies.iter().map(Reply::text).collect();
    assert_eq!(texts, ["done", "interrupted", "next"]);
}

#[tokio::test]
async fn i20_an_event_that_takes_the_process_with_it_five_times_is_parked() {
    let app = after_a_crash(5).await;
    app.wait("parked", 1).await;
    assert_eq!(app.line.replies.wait(2).await[1].text(), "next");
}

#[tokio::test]
async fn the_inbox_is_durable_and_taken_by_one_process() {
    let app = TestApp::start().await;
    let second = webhook::App::build(app.config()).await.err().unwrap();
    assert!(
        format!("{second:#}").contains("in use by another process"),
        "{second:#}"
    );
    let inbox = app.open_inbox().await;
    let mode: String = sqlx::query_scalar("pragma journal_mode")
        .fetch_one(&inbox)
        .await
        .unwrap();
    assert_eq!(mode, "wal");
}
