//! What operators see.

use std::time::Duration;

use crate::events::{text, unfollow};
use crate::harness::record::{BOUND, PAUSE};
use crate::harness::{ALICE, BOB, Fault, TestApp};

/// Waits until a metric is exposed as this.
async fn shows(app: &TestApp, name: &str, value: &str) {
    let mut turns = tokio::time::interval(PAUSE);
    let wait = async {
        while app.sample(name).await.as_deref() != Some(value) {
            turns.tick().await;
        }
    };
    let waited = tokio::time::timeout(BOUND, wait).await;
    assert!(
        waited.is_ok(),
        "{name} {value}, but {:?}",
        app.sample(name).await
    );
}

#[tokio::test]
async fn the_backlog_and_its_age_are_shown() {
    let app = TestApp::start().await;
    app.deliver([unfollow(1, BOB)]).await;
    app.wait("done", 1).await;
    app.inbox()
        .await
        .execute("update event set state = 'parked'")
        .await;
    app.line.misbehave([Fault::Hold, Fault::Hold]);
    app.deliver([text(2, ALICE, "held"), text(3, BOB, "held")])
        .await;
    app.line.held.wait(2).await;
    app.advance(10).await;
    shows(&app, "webhook_backlog{state=\"pending\"}", "2").await;
    shows(&app, "webhook_backlog{state=\"parked\"}", "1").await;
    shows(&app, "webhook_oldest_pending_seconds", "10").await;
    app.line.release(2);
    app.wait("done", 3).await;
    app.advance(10).await;
    shows(&app, "webhook_backlog{state=\"pending\"}", "0").await;
    shows(&app, "webhook_oldest_pending_seconds", "0").await;
}

#[tokio::test]
async fn how_long_events_wait_and_people_for_their_answer_is_shown() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "begun"), text(2, ALICE, "waits")])
        .await;
    app.line.held.wait(1).await;
    app.clock.advance(Duration::from_secs(3));
    app.line.release(1);
    app.wait("done", 2).await;
    // The first was taken up at once, the second after three seconds; both were answered then.
    for (name, value) in [
        ("webhook_lag_seconds_count", "2"),
        ("webhook_lag_seconds_sum", "3.0"),
        ("webhook_lag_seconds_bucket{le=\"0.005\"}", "1"),
        ("webhook_answered_seconds_count", "2"),
        ("webhook_answered_seconds_sum", "6.0"),
        ("webhook_answered_seconds_bucket{le=\"5.0\"}", "2"),
    ] {
        assert_eq!(app.sample(name).await.as_deref(), Some(value), "{name}");
    }
}
