//! `webhook events`: what an operator sees and does beside the running server.

mod program;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use secrecy::SecretString;
use serde_json::{Value, json};
use service_kit::Clock;
use webhook::events::{Command, Console};

use crate::events::{event_id, follow, text, unfollow, with};
use crate::harness::{ALICE, BOB, Fault, Health, START, TestApp};

#[derive(Parser)]
struct Typed {
    #[command(subcommand)]
    command: Command,
}

struct Said {
    code: ExitCode,
    out: String,
    notes: String,
}

impl Said {
    fn lines(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn ids(&self) -> Vec<i64> {
        let lines = self.lines();
        lines
            .iter()
            .map(|line| line["id"].as_i64().unwrap())
            .collect()
    }
}

/// Types a command at the app's time, with these answers at the terminal.
async fn ask(app: &TestApp, arguments: &[&str], answers: &[u8]) -> Said {
    run(app, arguments, Some(answers)).await
}

/// Types a command at the app's time, without a terminal.
async fn typed(app: &TestApp, arguments: &[&str]) -> Said {
    run(app, arguments, None).await
}

async fn run(app: &TestApp, arguments: &[&str], mut answers: Option<&[u8]>) -> Said {
    let typed = Typed::parse_from(std::iter::once(&"events").chain(arguments));
    let url = SecretString::from(app.database.url());
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    let mut console = Console {
        out: &mut out,
        notes: &mut notes,
        answers: answers.as_mut().map(|answers| answers as _),
    };
    let clock: Clock = app.clock.clone();
    let code = typed.command.run_on(&url, &clock, &mut console).await;
    Said {
        code: code.unwrap(),
        out: String::from_utf8(out).unwrap(),
        notes: String::from_utf8(notes).unwrap(),
    }
}

/// Brings on an event that fails five times, three days long, because api-users takes no state change. It is well again.
async fn park(app: &TestApp, event: Value) {
    let (retried, parked) = (app.events("retried").await, app.events("parked").await);
    app.users.feel(Health::NotWriting(500));
    app.deliver([event]).await;
    for (attempt, pause) in [(1, 3 * 24 * 3600), (2, 5), (3, 30), (4, 300)] {
        app.wait("retried", retried + attempt).await;
        app.advance(pause).await;
    }
    app.wait("parked", parked + 1).await;
    app.users.feel(Health::Well);
}

#[tokio::test]
async fn a_parked_event_is_found_retried_and_done() {
    let app = TestApp::start().await;
    let event = unfollow(1, BOB);
    let bytes = event.to_string().len();
    park(&app, event).await;

    let listed = typed(&app, &["list", "--json"]).await;
    let mut expected = json!({
        "id": 1,
        "state": "parked",
        "in_flight": false,
        "attempts": 5,
        "retries": 0,
        "error": "friendship-not-recorded",
        "reply": null,
        "reply_attempted_at": null,
        "received_at": "2027-01-15T08:00:00.000Z",
        "event_at": "2027-01-15T07:59:59.001Z",
        "due_at": null,
        "channel": "default",
        "key": event_id(1),
        "message_id": null,
        "type": "unfollow",
        "source": "user",
        "bytes": bytes,
    });
    assert_eq!(listed.lines(), [expected.clone()]);

    let shown = typed(&app, &["show", "1", "--json"]).await;
    expected["keys"] = json!([
        "deliveryContext.isRedelivery",
        "mode",
        "source.type",
        "source.userId",
        "timestamp",
        "type",
        "webhookEventId",
    ]);
    assert_eq!(shown.lines(), [expected]);

    let retried = typed(&app, &["retry", "1"]).await;
    assert_eq!(retried.out, "1 event will be tried again\n");
    assert_eq!(retried.code, ExitCode::SUCCESS);
    app.wait("done", 1).await;
    assert_eq!(app.users.friendships.all().len(), 6);
    assert_eq!(
        app.count("select count(*) from event where state = 'done' and attempt % 1000000 = 1")
            .await,
        1
    );
    let nothing = typed(&app, &["list"]).await;
    assert_eq!(
        (nothing.out.as_str(), nothing.notes.as_str()),
        ("", "no event is parked or stuck\n")
    );
}

#[tokio::test]
async fn nothing_personal_is_shown_unless_it_is_asked_for() {
    let app = TestApp::start().await;
    let event = follow(1, BOB);
    park(&app, event.clone()).await;
    let table = typed(&app, &["list"]).await.out;
    let [heading, row] = table.lines().collect::<Vec<_>>()[..] else {
        panic!("{table}");
    };
    assert_eq!(
        heading.split_whitespace().collect::<Vec<_>>(),
        [
            "ID", "STATE", "ATTEMPTS", "RECEIVED", "AGE", "NEXT", "ERROR", "TYPE", "BYTES"
        ]
    );
    let bytes = event.to_string().len().to_string();
    assert_eq!(
        row.split_whitespace().collect::<Vec<_>>(),
        [
            "1",
            "parked",
            "5",
            "2027-01-15T08:00:00Z",
            "3d",
            "-",
            "friendship-not-recorded",
            "follow",
            &bytes
        ]
    );
    let shown = typed(&app, &["show", "1"]).await.out;
    assert!(shown.contains("reply         accepted"), "{shown}");
    for quiet in [&table, &shown] {
        assert!(!quiet.contains(BOB) && !quiet.contains("canary"), "{quiet}");
    }
    let raw = typed(&app, &["show", "1", "--raw"]).await.out;
    assert_eq!(serde_json::from_str::<Value>(&raw).unwrap(), event);
}

#[tokio::test]
async fn a_retried_event_has_five_attempts_anew_and_never_a_second_reply() {
    let app = TestApp::start_with(|config| config.bot_push_fallback = true).await;
    park(&app, follow(1, ALICE)).await;
    assert_eq!(app.line.replies.all().len(), 1);
    app.users.feel(Health::NotWriting(500));
    typed(
        &app,
        &[
            "retry",
            "--all-parked",
            "--error",
            "friendship-not-recorded",
        ],
    )
    .await;
    for (retried, pause) in [(5, 1), (6, 5), (7, 30), (8, 300)] {
        app.wait("retried", retried).await;
        app.advance(pause).await;
    }
    app.wait("parked", 2).await;
    assert_eq!(app.users.friendships.all().len(), 10);
    assert_eq!(app.line.replies.all().len(), 1);
    assert_eq!(app.line.pushes.all().len(), 0);
    let listed = typed(&app, &["list", "--json"]).await.lines();
    assert_eq!(
        (&listed[0]["attempts"], &listed[0]["retries"]),
        (&json!(5), &json!(1))
    );
}

#[tokio::test]
async fn an_attempt_that_was_lost_does_not_own_the_event_after_a_retry() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Hold, Fault::Hold]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.line.held.wait(1).await;
    let parked_by_another = "update event set state = 'parked', attempt = 6, lease_until = null";
    assert_eq!(app.inbox().await.execute(parked_by_another).await, 1);
    typed(&app, &["retry", "1"]).await;
    app.line.held.wait(2).await;
    app.line.release(1);
    app.line.replies.wait(1).await;
    // Another conversation's event is finished after it, so the first has had its chance to write.
    app.deliver([text(2, BOB, "hello")]).await;
    app.wait("done", 1).await;
    assert_eq!(
        app.count("select count(*) from event where event_id = 1 and state = 'pending'")
            .await,
        1
    );
    app.line.release(1);
    app.wait("done", 2).await;
}

#[tokio::test]
async fn a_retry_of_a_lost_attempt_knows_that_a_reply_may_be_under_way() {
    let app = TestApp::start_with(|config| config.bot_push_fallback = true).await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.line.held.wait(1).await;
    app.clock.advance(Duration::from_secs(50));
    typed(&app, &["retry", "1"]).await;
    app.wait("done", 1).await;
    assert!(app.line.pushes.all().is_empty());
}

#[tokio::test]
async fn a_pending_event_need_not_wait_for_its_next_attempt() {
    let app = TestApp::start().await;
    app.users.feel(Health::NotWriting(503));
    app.deliver([unfollow(1, BOB)]).await;
    app.wait("retried", 1).await;
    let listed = typed(&app, &["list"]).await.out;
    assert!(listed.contains("in 1s"), "{listed}");
    app.users.feel(Health::Well);
    typed(&app, &["retry", "1"]).await;
    app.wait("done", 1).await;
}

#[tokio::test]
async fn a_dropped_event_is_emptied_and_a_redelivery_of_it_does_nothing() {
    let app = TestApp::start().await;
    let event = unfollow(1, BOB);
    park(&app, event.clone()).await;
    let dropped = typed(&app, &["drop", "--all-parked", "--yes"]).await;
    assert_eq!(dropped.out, "1 event dropped\n");
    let emptied = "select count(*) from event
        where state = 'done' and length(raw) = 0 and conversation is null and last_error = 'dropped'";
    assert_eq!(app.count(emptied).await, 1);
    let before = app.events("duplicate").await;
    app.deliver([with(
        event,
        "deliveryContext",
        json!({ "isRedelivery": true }),
    )])
    .await;
    assert_eq!(app.events("duplicate").await, before + 1);
    let now = json!(app.clock.now().as_millis());
    app.deliver([with(text(2, BOB, "hello"), "timestamp", now)])
        .await;
    app.wait("done", 1).await;
    assert_eq!(app.users.friendships.all().len(), 5);
    let raw = typed(&app, &["show", "1", "--raw"]).await;
    assert_eq!((raw.code, raw.out.as_str()), (ExitCode::FAILURE, ""));
}

#[tokio::test]
async fn a_drop_is_asked_about_first() {
    let app = TestApp::start().await;
    park(&app, unfollow(1, BOB)).await;
    let parked = "select count(*) from event where state = 'parked'";
    let kept = ask(&app, &["drop", "--all-parked"], b"\n").await;
    assert_eq!(
        kept.notes,
        "Drop 1 event, and what is in them? [y/N] nothing was dropped\n"
    );
    assert_eq!(app.count(parked).await, 1);
    let nobody = typed(&app, &["drop", "1"]).await;
    assert_eq!(nobody.code, ExitCode::from(2));
    assert!(nobody.notes.contains("--yes"), "{}", nobody.notes);
    assert_eq!(app.count(parked).await, 1);
    let dropped = ask(&app, &["drop", "1"], b"y\n").await;
    assert_eq!(dropped.out, "1 event dropped\n");
    assert_eq!(app.count(parked).await, 0);
}

#[tokio::test]
async fn what_is_in_somebodys_hands_is_left_there() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "hello")]).await;
    app.line.held.wait(1).await;
    for command in [&["retry", "1"][..], &["drop", "1", "--yes"]] {
        let refused = typed(&app, command).await;
        assert_eq!(refused.code, ExitCode::FAILURE);
        assert!(
            refused.notes.contains("being worked on"),
            "{}",
            refused.notes
        );
    }
    assert_eq!(typed(&app, &["list"]).await.out, "");
    let all = typed(&app, &["list", "--state", "pending"]).await.out;
    assert!(all.contains("in flight"), "{all}");
    app.line.release(1);
    app.wait("done", 1).await;
    assert_eq!(app.line.replies.all().len(), 1);
}

#[tokio::test]
async fn what_is_settled_is_left_alone_with_a_reason() {
    let app = TestApp::start().await;
    let four_days_ago = START.as_millis() - 4 * 24 * 3_600_000;
    app.deliver([
        text(1, ALICE, "hello"),
        with(text(2, BOB, "old"), "timestamp", json!(four_days_ago)),
    ])
    .await;
    app.wait("done", 1).await;
    let id = |state| format!("select event_id from event where state = '{state}'");
    let (done, stale) = (app.count(&id("done")).await, app.count(&id("stale")).await);
    let ids = [done, stale, 77].map(|id| id.to_string());
    for command in [&["retry"][..], &["drop", "--yes"]] {
        let ids = ids.iter().map(String::as_str);
        let arguments: Vec<_> = command.iter().copied().chain(ids).collect();
        let refused = typed(&app, &arguments).await;
        assert_eq!(refused.code, ExitCode::FAILURE);
        for reason in [
            format!("event {done} is done"),
            format!("event {stale} is stale"),
            "there is no event 77".into(),
        ] {
            assert!(refused.notes.contains(&reason), "{}", refused.notes);
        }
    }
    assert_eq!(
        app.count("select count(*) from event where state = 'stale' and length(raw) > 0")
            .await,
        1
    );
    let unknown = typed(&app, &["show", "77"]).await;
    assert_eq!(
        (unknown.code, unknown.notes.as_str()),
        (ExitCode::FAILURE, "there is no event 77\n")
    );
}

#[tokio::test]
async fn a_list_is_cut_down_to_what_was_asked_for() {
    let app = TestApp::start().await;
    app.users.feel(Health::NotWriting(503));
    app.deliver([follow(1, ALICE)]).await;
    app.wait("retried", 1).await;
    app.clock.advance(std::time::Duration::from_hours(2));
    app.deliver([unfollow(2, BOB)]).await;
    app.wait("retried", 3).await;
    let list = async |more: &[&str]| {
        let arguments: Vec<_> = ["list", "--json"].iter().chain(more).copied().collect();
        typed(&app, &arguments).await
    };
    assert_eq!(list(&[]).await.ids(), [2, 1]);
    assert_eq!(list(&["--since", "1h"]).await.ids(), [2]);
    assert_eq!(list(&["--type", "follow"]).await.ids(), [1]);
    assert_eq!(list(&["--conversation", BOB]).await.ids(), [2]);
    assert_eq!(
        list(&["--error", "friendship-not-recorded"]).await.ids(),
        [2, 1]
    );
    let cut = list(&["--limit", "1"]).await;
    assert_eq!(cut.ids(), [2]);
    assert!(cut.notes.contains("--limit"), "{}", cut.notes);
    for nothing in [
        ["--error", "panicked"],
        ["--state", "parked"],
        ["--state", "stale"],
    ] {
        let nothing = list(&nothing).await;
        assert_eq!(
            (nothing.out.as_str(), nothing.notes.as_str()),
            ("", "no such events\n")
        );
        assert_eq!(nothing.code, ExitCode::SUCCESS);
    }
}

#[tokio::test]
async fn what_was_kept_aside_is_listed_and_shown() {
    let app = TestApp::start().await;
    app.post("no delivery").await;
    let listed = typed(&app, &["list", "--quarantined", "--json"]).await;
    let kept = json!({
        "id": 1,
        "reason": "not-a-delivery",
        "received_at": "2027-01-15T08:00:00.000Z",
        "channel": "default",
        "bytes": 11,
    });
    assert_eq!(listed.lines(), [kept]);
    let raw = typed(&app, &["show", "1", "--quarantined", "--raw"]).await;
    assert_eq!(raw.out, "no delivery\n");
}
