//! The feed by which others forget, too.

use std::time::Duration;

use serde_json::{Value, json};
use users_client::{ChangeKind, ChangePage, LuidDigest};

use crate::harness::{ALICE, BOB, TestApp};

const MONTH: Duration = Duration::from_hours(31 * 24);

impl TestApp {
    async fn changes(&self, query: &str) -> ChangePage {
        let answer = self.get("webhook", &format!("/changes{query}")).await;
        answer.assert(200).json()
    }

    async fn erase(&self, luid: &str) {
        self.delete("admin", &format!("/users/{luid}"))
            .await
            .assert(204);
    }

    async fn leave(&self, luid: &str, status: u16) {
        let path = format!("/users/{luid}/leave");
        self.post("register-server", &path, &json!({}))
            .await
            .assert(status);
    }

    async fn forgotten(&self, after: i64) {
        let answer = self
            .get("webhook", &format!("/changes?after={after}"))
            .await;
        assert_eq!(
            answer.assert(410).problem().kind,
            "/problems/changes-forgotten"
        );
    }
}

fn numbers(page: &ChangePage) -> Vec<i64> {
    page.changes.iter().map(|change| change.change_id).collect()
}

#[tokio::test]
async fn who_leaves_and_is_erased_is_in_the_feed_by_digest_alone() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    assert_eq!(app.changes("").await.changes, []);
    let left_at = app.now();
    app.leave(ALICE, 204).await;
    app.clock.advance(Duration::from_secs(1));
    app.leave(ALICE, 204).await;
    app.leave(BOB, 404).await;
    app.erase(ALICE).await;

    let answer = app.get("push-msg", "/changes").await.assert(200);
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert!(!text.contains(ALICE), "{text}");
    let digest = String::from(LuidDigest::of(ALICE));
    let erased_at = left_at + Duration::from_secs(1);
    assert_eq!(
        answer.json::<Value>(),
        json!({ "next_after": 2, "changes": [
            { "change_id": 1, "kind": "leaving", "luid_digest": digest, "changed_at": left_at },
            { "change_id": 2, "kind": "erased", "luid_digest": digest, "changed_at": erased_at },
        ] })
    );
}

/// Others may hold what this service knows nothing of: what a stranger wrote to the bot.
#[tokio::test]
async fn whoever_is_to_be_erased_is_in_the_feed_known_here_or_not() {
    let app = TestApp::start().await;
    app.friendship_event(BOB, "following", app.now(), "e1")
        .await;
    for luid in [ALICE, BOB, ALICE] {
        app.erase(luid).await;
    }
    let page = app.changes("").await;
    let told: Vec<_> = page
        .changes
        .iter()
        .map(|change| (change.kind, change.luid_digest))
        .collect();
    assert_eq!(
        told,
        [ALICE, BOB, ALICE].map(|luid| (ChangeKind::Erased, LuidDigest::of(luid)))
    );
}

#[tokio::test]
async fn what_changes_nothing_is_not_in_the_feed() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.delete("register-server", &format!("/users/{ALICE}?status=leaving"))
        .await
        .assert(204);
    assert_eq!(app.changes("").await.changes, []);
}

#[tokio::test]
async fn a_reader_goes_on_where_it_was() {
    let app = TestApp::start().await;
    for number in 0..5 {
        app.erase(&format!("U{number}")).await;
    }
    let first = app.changes("?limit=2").await;
    assert_eq!((numbers(&first), first.next_after), (vec![1, 2], 2));
    let second = app.changes("?after=2&limit=2").await;
    assert_eq!((numbers(&second), second.next_after), (vec![3, 4], 4));
    assert_eq!(numbers(&app.changes("?after=4").await), [5]);
    let end = app.changes("?after=5").await;
    assert_eq!((end.changes, end.next_after), (vec![], 5));
}

#[tokio::test]
async fn u10_a_page_that_cannot_be_is_400() {
    let app = TestApp::start().await;
    for query in [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=1e9",
        "after=-1",
        "after=x",
        "before=1",
    ] {
        let path = format!("/changes?{query}");
        app.get("admin", &path).await.assert(400).problem();
    }
}

/// Who was away too long takes what is there, and is told so: nothing is passed over in silence.
#[tokio::test]
async fn the_feed_reaches_back_31_days_and_says_so() {
    let app = TestApp::start().await;
    for number in 0..3 {
        app.erase(&format!("Uold{number}")).await;
    }
    app.clock
        .advance(MONTH.saturating_sub(Duration::from_hours(1)));
    app.erase(ALICE).await;
    app.clock.advance(Duration::from_hours(1));
    let app = app.restart().await;
    app.forget(1).await;
    for after in [1, 2] {
        app.forgotten(after).await;
    }
    // Who had read those that are gone missed nothing.
    for after in ["", "?after=0", "?after=3"] {
        assert_eq!(numbers(&app.changes(after).await), [4], "{after}");
    }

    app.clock.advance(MONTH);
    let app = app.restart().await;
    app.forget(0).await;
    app.forgotten(3).await;
    assert_eq!(app.changes("?after=4").await.next_after, 4);
    assert_eq!(app.changes("").await.changes, []);
    app.erase(BOB).await;
    for after in ["", "?after=4"] {
        assert_eq!(numbers(&app.changes(after).await), [5], "{after}");
    }
}

impl TestApp {
    /// Comes back when so many changes are left.
    async fn forget(&self, left: i64) {
        let forgotten = async {
            while self.count("select count(*) from change").await != left {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), forgotten)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_leaves_no_hole() {
    let app = TestApp::start().await;
    for number in 0..3 {
        app.erase(&format!("U{number}")).await;
    }
    let back = "update change set changed_at = changed_at - 3000000000 where change_id = 2";
    app.execute(back).await;
    let app = app.restart().await;
    app.erase("U3").await;
    assert_eq!(numbers(&app.changes("").await), [1, 2, 3, 4]);
}

/// A database that was restored has given fewer numbers than its readers have read.
#[tokio::test]
async fn a_reader_that_is_ahead_of_the_feed_starts_again() {
    let app = TestApp::start().await;
    app.erase(ALICE).await;
    app.forgotten(2).await;
    app.forgotten(i64::MAX).await;
}

#[tokio::test]
async fn changes_and_what_they_tell_of_come_together() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.execute("alter table change rename to gone").await;
    for (method, path) in [("leave", "/leave"), ("erase", "")] {
        let path = format!("/users/{ALICE}{path}");
        let answer = match method {
            "leave" => app.post("register-server", &path, &json!({})).await,
            _ => app.delete("admin", &path).await,
        };
        answer.assert(503);
    }
    app.execute("alter table gone rename to change").await;
    assert!(app.is_member(ALICE).await);
    assert_eq!(app.changes("").await.changes, []);
}

/// Many at once, on two connections and more: whoever reads meanwhile sees no number before all numbers below it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_passes_over_nobody_while_many_are_erased_at_once() {
    let app = TestApp::start().await;
    let erase = futures::future::join_all((0..48).map(|number| {
        let app = &app;
        async move { app.erase(&format!("U{number}")).await }
    }));
    let read = async {
        let (mut after, mut seen) = (0, Vec::new());
        while seen.len() < 48 {
            let page = app.changes(&format!("?after={after}&limit=7")).await;
            seen.extend(numbers(&page));
            after = page.next_after;
        }
        seen
    };
    let (_, seen) = futures::join!(erase, read);
    assert_eq!(seen, (1..=48).collect::<Vec<_>>());
}
