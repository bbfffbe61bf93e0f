//! Whom the members' API erased is forgotten here, too.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use service_kit::{DatabaseKind, Timestamp};
use testkit::traces::on_disk;

use crate::events::{follow, group, mention, text, with};
use crate::harness::{ALICE, BOB, BOT, Fault, Health, START, TestApp, delivery};

const EVENTS: &str = "select count(*) from event";
const PENDING: &str = "select count(*) from event where state = 'pending'";
const ERASED: &str = "select count(*) from event where last_error = 'erased' and length(raw) = 0
    and conversation is null and message_id is null";

/// When every test's erasures are: after what `text` and its like bring.
const ERASED_AT: Timestamp = Timestamp::from_millis(START.as_millis() + 1000);

impl TestApp {
    /// Events whose next attempt is minutes away.
    async fn hold_back(&self, events: impl IntoIterator<Item = Value>) {
        let events: Vec<_> = events.into_iter().collect();
        let retried = self.events("retried").await + events.len();
        self.line.misbehave(vec![Fault::Status(500); events.len()]);
        self.deliver(events).await;
        self.wait("retried", retried).await;
        let later = "update event set due_at = due_at + 300000 where state = 'pending'";
        self.inbox().await.execute(later).await;
    }

    /// Events that nobody works on any more.
    async fn park(&self, events: impl IntoIterator<Item = Value>) {
        self.hold_back(events).await;
        let park = "update event set state = 'parked' where state = 'pending'";
        self.inbox().await.execute(park).await;
    }

    /// Lets so much time pass that the feed is read again.
    fn later(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Where the inbox and its files hold this.
    async fn traces(&self, text: &str) -> Vec<String> {
        let mut found = self.inbox().await.traces(text.as_bytes()).await;
        if let Some(file) = self.database.url().strip_prefix("sqlite://")
            && on_disk(Path::new(file), text.as_bytes())
        {
            found.push("the file".into());
        }
        found
    }

    async fn wait_until_clean(&self, text: &str) {
        self.wait_for(async || self.traces(text).await.is_empty())
            .await;
    }
}

const TICK: Duration = Duration::from_secs(10);

#[tokio::test]
async fn what_waits_or_lies_about_is_emptied_and_its_keys_stay() {
    let app = TestApp::start().await;
    let four_days_ago = START.as_millis() - 4 * 24 * 3_600_000;
    let stale = with(
        text(1, ALICE, "alice-stale"),
        "timestamp",
        json!(four_days_ago),
    );
    let parked = [text(2, ALICE, "alice-parked"), text(3, BOB, "bob-parked")];
    let waits = text(4, ALICE, "alice-waits");
    app.deliver([stale.clone()]).await;
    app.park(parked.clone()).await;
    app.hold_back([waits.clone()]).await;
    assert!(
        app.traces(ALICE).await.len() > 1,
        "the test must be able to see"
    );

    app.users.erase(ALICE, ERASED_AT);
    app.later(TICK);
    for canary in [ALICE, "alice-waits", "alice-parked", "alice-stale"] {
        app.wait_until_clean(canary).await;
    }
    assert_eq!(app.count(ERASED).await, 3);
    assert_eq!(app.traces("bob-parked").await[0], "event.raw");

    // The keys tell them from new ones, and nothing comes of them any more.
    let replies = app.line.replies.all().len();
    app.deliver(parked.into_iter().chain([stale, waits])).await;
    assert_eq!(app.events("duplicate").await, 4);
    app.deliver([text(9, BOB, "last")]).await;
    app.wait("done", 1).await;
    assert_eq!(app.count(EVENTS).await, 5);
    assert_eq!(app.line.replies.all().len(), replies + 1);
}

#[tokio::test]
async fn what_is_dated_after_the_erasure_stays() {
    let app = TestApp::start().await;
    let is_back = text(1, ALICE, "alice-is-back");
    app.park([with(is_back, "timestamp", json!(ERASED_AT))])
        .await;
    app.users.erase(ALICE, ERASED_AT);
    app.users.erase(BOB, ERASED_AT);
    app.later(TICK);
    app.wait_for(async || app.users.changes.all().last() == Some(&2))
        .await;
    assert_eq!(app.traces("alice-is-back").await[0], "event.raw");
}

/// In a group the conversation names nobody, and an event may name several people.
#[tokio::test]
async fn in_a_group_it_is_what_they_said_and_what_is_left_that_names_them() {
    let app = TestApp::start().await;
    let of_bob = group(Some(BOB));
    app.park([mention(1, &of_bob, true)]).await;
    app.hold_back([mention(2, &group(Some(ALICE)), true)]).await;
    // It waits for that one.
    app.deliver([mention(3, &of_bob, true)]).await;
    app.users.erase(ALICE, ERASED_AT);
    app.later(TICK);
    app.inbox().await.wait(ERASED, 2).await;
    // What Bob said still gets its answer, and is gone with it.
    app.wait("done", 1).await;
    app.later(Duration::from_hours(1));
    app.wait_until_clean(ALICE).await;
    assert_eq!(app.count(ERASED).await, 2);
}

#[tokio::test]
async fn bytes_that_were_kept_aside_and_name_them_are_emptied() {
    let app = TestApp::start().await;
    let odd = format!(r#"{{"events":[{{"source":{{"userId":"{ALICE}"}}"#);
    let other = format!(r#"{{"events":[{{"source":{{"userId":"{BOB}"}}"#);
    for body in [&odd, &other] {
        assert_eq!(app.post(body.as_str()).await.status(), 200);
    }
    app.later(TICK);
    app.users.erase(ALICE, ERASED_AT);
    app.later(TICK);
    app.wait_until_clean(ALICE).await;
    assert_eq!(app.traces(BOB).await[0], "quarantine.raw");
    // The same bytes are known by their digest.
    assert_eq!(app.post(odd.as_str()).await.status(), 200);
    assert_eq!(app.count("select count(*) from quarantine").await, 2);
    assert_eq!(app.traces(ALICE).await, [""; 0]);
}

#[tokio::test]
async fn while_the_members_api_is_away_nothing_is_lost() {
    let mut app = TestApp::start().await;
    app.park([text(1, ALICE, "alice-parked")]).await;
    app.users.erase(ALICE, ERASED_AT);
    for health in [Health::Failing(503), Health::Failing(404)] {
        app.users.feel(health);
        let read = app.users.changes.all().len();
        app.later(TICK);
        app.users.changes.wait(read + 1).await;
    }
    assert_eq!(app.count(ERASED).await, 0);
    // Nor by a process that ends meanwhile.
    app.stop().await;
    app.users.feel(Health::Well);
    app.resume().await;
    app.wait_until_clean(ALICE).await;
}

/// The feed gives two at a time here.
#[tokio::test]
async fn all_of_the_feed_is_read() {
    let app = TestApp::start().await;
    app.park([text(1, ALICE, "alice-parked"), text(2, BOB, "bob-parked")])
        .await;
    for stranger in ["U1", "U2", "U3", ALICE] {
        app.users.erase(stranger, ERASED_AT);
    }
    app.later(TICK);
    app.wait_until_clean("alice-parked").await;
    // Further on, and after the feed has forgotten what was not read yet.
    for stranger in ["U5", "U6"] {
        app.users.erase(stranger, ERASED_AT);
    }
    app.users.forget_changes();
    app.users.erase(BOB, ERASED_AT);
    app.later(TICK);
    app.wait_until_clean("bob-parked").await;
}

/// What LINE delivers late, and what a restored database has again.
#[tokio::test]
async fn what_comes_after_the_erasure_it_is_older_than_is_forgotten_within_the_hour() {
    let app = TestApp::start().await;
    app.users.erase(ALICE, ERASED_AT);
    app.later(TICK);
    app.wait_for(async || app.users.changes.all().last() == Some(&1))
        .await;
    app.park([text(1, ALICE, "alice-late")]).await;
    app.later(Duration::from_hours(1));
    app.wait_until_clean("alice-late").await;
}

/// Of whoever was erased so long ago neither the feed nor a tombstone tells: a follow would make them a friend again.
#[tokio::test]
async fn what_is_older_than_anything_is_remembered_is_not_acted_on() {
    let mut app = TestApp::start().await;
    app.users.feel(Health::NotWriting(503));
    app.deliver([follow(1, ALICE)]).await;
    app.wait("retried", 1).await;
    app.kill().await;
    let followed = app.users.friendships.all().len();
    app.users.feel(Health::Well);
    app.clock.advance(Duration::from_hours(31 * 24));
    app.resume().await;
    app.inbox().await.wait(PENDING, 0).await;
    app.wait_until_clean(ALICE).await;
    assert_eq!(app.users.friendships.all().len(), followed);
}

/// Whoever works on an event that is forgotten owns it no longer: it says nothing any more and changes nothing back.
#[tokio::test]
async fn an_attempt_that_runs_does_not_bring_the_event_back() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(1, ALICE, "alice-in-flight")]).await;
    app.line.held.wait(1).await;
    app.users.erase(ALICE, ERASED_AT);
    app.later(TICK);
    app.wait_until_clean(ALICE).await;
    app.line.release(1);
    app.line.replies.wait(1).await;
    app.deliver([text(2, BOB, "last")]).await;
    app.wait("done", 1).await;
    assert_eq!(app.count(ERASED).await, 1);
}

#[tokio::test]
async fn an_other_bots_delivery_is_not_searched_for_nothing() {
    let app =
        TestApp::start_with(|config| config.bot_user_id = line_api::UserId::parse(BOT).ok()).await;
    let mut other: Value =
        serde_json::from_slice(&delivery([text(1, ALICE, "alice-elsewhere")])).unwrap();
    other["destination"] = json!(BOB);
    assert_eq!(app.post(other.to_string()).await.status(), 200);
    app.later(TICK);
    app.users.erase(ALICE, ERASED_AT);
    app.later(TICK);
    app.wait_until_clean("alice-elsewhere").await;
}

/// Two replicas read the same feed and forget the same events: neither waits for the other, and nothing else is touched.
#[tokio::test]
async fn two_replicas_forget_together() {
    let app = TestApp::start().await;
    if app.database.kind() == DatabaseKind::Sqlite {
        return;
    }
    app.park([text(1, ALICE, "first"), text(2, BOB, "first")])
        .await;
    let copies = "insert into event (channel, event_key, conversation, event_at, received_at, due_at, raw, state)
        select channel, event_key || number, conversation, event_at, received_at, due_at, raw, state
        from event, generate_series(1, 19) number";
    app.inbox().await.execute(copies).await;
    let mut other = app.replica();
    other.resume().await;
    app.users.erase(ALICE, ERASED_AT);
    app.later(TICK);
    app.inbox().await.wait(ERASED, 20).await;
    app.wait_until_clean(ALICE).await;
    assert!(app.traces(BOB).await.len() > 1);
}
