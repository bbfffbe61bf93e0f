//! A reply token is used once, and tried again only while nobody knows whether it was.

use std::collections::HashMap;
use std::time::Duration;

use testkit::seed::{Seeded, seeds};
use testkit::tier::Tier;

use crate::events::{text, token};
use crate::harness::line::NO_ANSWER;
use crate::harness::{ALICE, Fault, Reply, START, TestApp};

#[tokio::test]
async fn i4_a_definite_answer_is_the_last_word() {
    for status in [400, 401, 403, 404, 409, 413, 429] {
        let app = TestApp::start().await;
        app.line.misbehave([Fault::Status(status)]);
        app.deliver([text(1, ALICE, "refused")]).await;
        app.wait("done", 1).await;
        app.advance(2).await;
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
        app.advance(pause).await;
    }
    app.wait("done", 1).await;
    let replies = app.line.replies.all();
    let statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    // Taken the second time; the third is refused, and that is definite.
    assert_eq!(statuses, [500, 500, 400]);
    assert!(replies.iter().all(|reply| reply.token == token(1)));
    let spent = "webhook_replies_total{outcome=\"spent\"}";
    assert_eq!(app.metric(spent).await, 1);
    let refused = "webhook_replies_total{outcome=\"refused\"}";
    assert_eq!(app.metric(refused).await, 0);
}

#[tokio::test]
async fn i4_no_token_is_used_later_than_fifty_seconds_after_receipt() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Status(500)]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.wait("retried", 1).await;
    app.advance(50).await;
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
async fn i4_that_a_reply_may_be_under_way_is_on_record_before_the_call() {
    let mut app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.line.held.wait(1).await;
    app.kill().await;
    // Whoever takes it up after the crash reads it from the lease, and writes it out.
    app.line.misbehave([Fault::Hold]);
    app.resume().await;
    app.line.held.wait(2).await;
    assert_eq!(
        app.count("select count(*) from event where reply = 'sending'")
            .await,
        1
    );
    app.line.release(1);
    app.wait("done", 1).await;
    assert_eq!(
        app.count(
            "select count(*) from event where reply = 'accepted' and reply_attempted_at is not null"
        )
        .await,
        1
    );
}

#[tokio::test]
async fn i4_what_a_crash_left_unanswered_is_tried_again_with_the_same_token() {
    let mut app = TestApp::start().await;
    app.line.misbehave([Fault::AcceptAndHang]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.line.replies.wait(1).await;
    app.kill().await;
    app.resume().await;
    app.wait("done", 1).await;
    let replies = app.line.replies.all();
    let seen: Vec<_> = replies
        .iter()
        .map(|reply| (reply.token.as_str(), reply.status))
        .collect();
    assert_eq!(seen, [(token(1).as_str(), NO_ANSWER), (&token(1), 400)]);
}

#[tokio::test]
async fn i4_what_a_crash_left_unanswered_for_fifty_seconds_is_let_be() {
    let mut app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.line.held.wait(1).await;
    app.kill().await;
    app.resume().await;
    app.advance(50).await;
    app.wait("done", 1).await;
    assert!(app.line.replies.all().is_empty());
}

fn person(number: i64) -> String {
    format!("U{number:032x}")
}

/// LINE as it is on its worst day, in the same way for the same seed.
#[tokio::test]
async fn i4_a_token_is_taken_once_and_never_tried_after_an_answer() {
    let (count, hanging) = Tier::from_env().pick((300, 2), (1_000, 10));
    for seed in seeds(Tier::from_env().pick(1, 5)) {
        let mut run = Seeded::new(seed);
        let app = TestApp::start().await;
        let mut faults: HashMap<String, Vec<Fault>> = HashMap::new();
        for id in 1..=count {
            let chance = run.chances.below(3);
            let troubles = (0..chance).map(|_| match run.chances.below(6) {
                0 => Fault::Status(500),
                1 => Fault::Status(503),
                2 => Fault::AcceptAndFail,
                3 => Fault::Cut,
                4 => Fault::AcceptAndCut,
                _ => Fault::Status(429),
            });
            faults.insert(token(id), troubles.collect());
            app.users.add_member(&person(id), None);
        }
        for _ in 0..hanging {
            let id = 1 + i64::try_from(run.chances.below(count.unsigned_abs())).unwrap();
            faults.insert(token(id), vec![Fault::AcceptAndHang]);
        }
        app.line
            .misbehave_by(move |token, nth| faults.get(token)?.get(nth - 1).copied());
        let events: Vec<_> = (1..=count)
            .map(|id| text(id, &person(id), "hello"))
            .collect();
        for events in events.chunks(100) {
            app.deliver(events.to_vec()).await;
        }
        work_off(&app).await;

        let mut attempts: HashMap<String, Vec<Reply>> = HashMap::new();
        for reply in app.line.replies.all() {
            assert!(
                reply.at < START + Duration::from_secs(50),
                "{}",
                reply.token
            );
            attempts.entry(reply.token.clone()).or_default().push(reply);
        }
        assert_eq!(
            i64::try_from(attempts.len()).unwrap(),
            count,
            "everyone is answered"
        );
        for (token, attempts) in attempts {
            let statuses: Vec<_> = attempts.iter().map(|reply| reply.status).collect();
            let (last, before) = statuses.split_last().unwrap();
            assert!(
                before
                    .iter()
                    .all(|status| matches!(*status, NO_ANSWER | 500..)),
                "{token}: {statuses:?}"
            );
            assert!(matches!(*last, 200..500), "{token}: {statuses:?}");
        }
        assert_eq!(
            app.count("select count(*) from event where state <> 'done'")
                .await,
            0
        );
    }
}

/// Has everything done, with the clock moved on as far as it takes.
async fn work_off(app: &TestApp) {
    let mut inbox = app.inbox().await;
    loop {
        let now = app.clock.now().as_millis();
        let at_work = "state = 'pending' and (lease_until is not null or due_at <=";
        let at_work = format!("select count(*) from event where {at_work} {now})");
        inbox.wait(&at_work, 0).await;
        let next = "select coalesce(min(due_at), 0) from event where state = 'pending'";
        let Ok(pause) = u64::try_from(inbox.number(next).await - now) else {
            return;
        };
        app.advance(pause.div_ceil(1000)).await;
    }
}
