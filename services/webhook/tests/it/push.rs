//! A push costs the channel's quota: only where it is wanted, only in a reply's stead, and once.

use std::time::Duration;

use webhook::Config;

use crate::events::{text, token};
use crate::harness::line::NO_ANSWER;
use crate::harness::{ALICE, BOB, Fault, TestApp};

fn push_fallback(config: &mut Config) {
    config.bot_push_fallback = true;
}

/// Alice says two things, of which the second is taken up when its token is too old.
async fn too_late(app: &TestApp) {
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "in time"), text(2, ALICE, "too late")])
        .await;
    app.line.held.wait(1).await;
    app.clock.advance(Duration::from_secs(50));
    app.line.release(1);
    app.line.replies.wait(1).await;
}

#[tokio::test]
async fn what_is_too_late_for_a_reply_is_not_pushed_unasked() {
    let app = TestApp::start().await;
    too_late(&app).await;
    app.wait("done", 2).await;
    assert!(app.line.pushes.all().is_empty());
    let replies = app.line.replies.all();
    assert_eq!(replies.len(), 1);
    assert_eq!(replies[0].token, token(1));
}

#[tokio::test]
async fn what_is_too_late_for_a_reply_is_pushed_once() {
    let app = TestApp::start_with(push_fallback).await;
    too_late(&app).await;
    app.wait("done", 2).await;
    let pushes = app.line.pushes.all();
    assert_eq!(pushes.len(), 1);
    assert_eq!(
        (pushes[0].to.as_str(), pushes[0].text.as_str()),
        (ALICE, "too late")
    );
    let counted = "webhook_replies_total{outcome=\"pushed\"}";
    assert_eq!(app.metric(counted).await, 1);
    assert_eq!(app.line.replies.all().len(), 1);
}

#[tokio::test]
async fn i4_after_a_reply_was_tried_nothing_is_pushed() {
    for fault in [Fault::Status(500), Fault::Cut, Fault::AcceptAndCut] {
        let app = TestApp::start_with(push_fallback).await;
        app.line.misbehave([fault]);
        app.deliver([text(1, ALICE, "hello")]).await;
        app.wait("retried", 1).await;
        app.advance(50).await;
        app.wait("done", 1).await;
        assert_eq!(app.line.replies.all().len(), 1);
        assert!(app.line.pushes.all().is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn i4_after_a_crash_that_may_have_broken_off_a_reply_nothing_is_pushed() {
    let mut app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.line.held.wait(1).await;
    app.kill().await;
    app.clock.advance(Duration::from_secs(50));
    app.resume_with(push_fallback).await;
    app.wait("done", 1).await;
    assert!(app.line.pushes.all().is_empty());
}

#[tokio::test]
async fn a_push_that_failed_is_not_tried_again() {
    let app = TestApp::start_with(push_fallback).await;
    app.line.misbehave([Fault::Hold, Fault::Status(500)]);
    app.deliver([text(1, ALICE, "in time"), text(2, ALICE, "too late")])
        .await;
    app.line.held.wait(1).await;
    app.clock.advance(Duration::from_secs(50));
    app.line.release(1);
    app.wait("done", 2).await;
    app.advance(600).await;
    app.deliver([text(3, BOB, "last")]).await;
    app.wait("done", 3).await;
    assert_eq!(app.line.pushes.all().len(), 1);
}

#[tokio::test]
async fn a_push_that_a_crash_interrupted_is_not_tried_again() {
    let mut app = TestApp::start_with(push_fallback).await;
    app.line.misbehave([Fault::Hold, Fault::Hold]);
    app.deliver([text(1, ALICE, "in time"), text(2, ALICE, "too late")])
        .await;
    app.line.held.wait(1).await;
    app.clock.advance(Duration::from_secs(50));
    app.line.release(1);
    app.line.held.wait(2).await;
    app.kill().await;
    app.resume_with(push_fallback).await;
    app.wait("done", 1).await;
    assert!(
        app.line.pushes.all().is_empty(),
        "the interrupted one was never taken"
    );
    let left = "select count(*) from event where state <> 'done'";
    assert_eq!(app.count(left).await, 0);
    assert!(
        app.line
            .replies
            .all()
            .iter()
            .all(|reply| reply.status != NO_ANSWER)
    );
}
