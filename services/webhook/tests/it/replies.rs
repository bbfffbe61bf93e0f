//! A reply token is used once, and tried again only while nobody knows whether it was.

use crate::events::{text, token};
use crate::harness::{ALICE, Fault, TestApp};

#[tokio::test]
async fn i4_a_definite_answer_is_the_last_word() {
    for status in [400, 401, 403, 404, 409, 413, 429] {
        let app = TestApp::start().await;
        app.line.misbehave([Fault::Status(status)]);
        app.deliver([text(1, ALICE, "refused")]).await;
        app.wait("done", 1).await;
        app.advance(2);
        app.deliver([text(2, ALICE, "next")]).await;
        let replies = app.line.replies.wait(2).await;
        assert_eq!(replies[0].status, status);
        assert_eq!(replies[1].token, token(2));
        assert_eq!(
            app.metric("webhook_replies_total{outcome=\"refused\"}")
                .await,
            1
        );
    }
}

#[tokio::test]
async fn i4_an_unknown_end_is_tried_again_with_the_same_token() {
    let app = TestApp::start().await;
    app.line
        .misbehave([Fault::Status(500), Fault::AcceptAndFail]);
    app.deliver([text(1, ALICE, "hello")]).await;
    for (retried, pause) in [(1, 1), (2, 5)] {
        app.wait("retried", retried).await;
        app.advance(pause);
    }
    app.wait("done", 1).await;
    let replies = app.line.replies.all();
    let statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    // Taken the second time; the third is refused, and that is definite.
    assert_eq!(statuses, [500, 500, 400]);
    assert!(replies.iter().all(|reply| reply.token == token(1)));
}

#[tokio::test]
async fn i4_no_token_is_used_later_than_fifty_seconds_after_receipt() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Status(500)]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.wait("retried", 1).await;
    app.advance(50);
    app.wait("done", 1).await;
    assert_eq!(app.line.replies.all().len(), 1);
    assert_eq!(
        app.metric("webhook_replies_total{outcome=\"too-late\"}")
            .await,
        1
    );
    assert_eq!(
        app.users.look_ups.all().len(),
        1,
        "nobody is looked up for an answer that cannot be sent"
    );
}

#[tokio::test]
async fn i4_sending_is_on_record_before_the_call() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.line.held.wait(1).await;
    assert_eq!(
        app.count("select count(*) from event where reply = 'sending'")
            .await,
        1
    );
    app.line.release(1);
    app.wait("done", 1).await;
    assert_eq!(
        app.count("select count(*) from event where reply = 'accepted'")
            .await,
        1
    );
}
