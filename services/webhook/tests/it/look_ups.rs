//! Who is a member is asked about in one call for everybody who writes at the same time.

use std::sync::atomic::Ordering;

use crate::events::{text, token};
use crate::harness::{Health, TestApp};

const PEOPLE: i64 = 40;

/// Has this many people, every other of whom is a member, write to the bot in one delivery.
async fn write_at_once(app: &TestApp) {
    let people: Vec<_> = (1..=PEOPLE).map(|id| (id, format!("U{id:032x}"))).collect();
    for (_, luid) in people.iter().filter(|(id, _)| is_member(*id)) {
        app.users.add_member(luid, Some("en"));
    }
    app.deliver(people.iter().map(|(id, luid)| text(*id, luid, "hello")))
        .await;
}

fn is_member(id: i64) -> bool {
    id % 2 == 0
}

async fn assert_that_each_is_answered(app: &TestApp) {
    let mut replies = app
        .line
        .replies
        .wait(usize::try_from(PEOPLE).unwrap())
        .await;
    for id in 1..=PEOPLE {
        let place = replies.iter().position(|reply| reply.token == token(id));
        let reply = replies.swap_remove(place.expect("each is answered"));
        assert_eq!(reply.text() == "hello", is_member(id), "person {id}");
    }
}

#[tokio::test]
async fn people_who_write_at_once_are_asked_about_in_one_call() {
    let app = TestApp::start().await;
    write_at_once(&app).await;
    assert_that_each_is_answered(&app).await;
    assert_eq!(app.users.look_ups.all().len(), 40, "each once");
    // How many come together is up to the scheduler; that all come alone is not.
    assert!(!app.users.calls_for_several.all().is_empty());
}

#[tokio::test]
async fn an_api_users_of_the_release_before_is_asked_about_each_by_itself() {
    let app = TestApp::start().await;
    app.users.takes_several.store(false, Ordering::Relaxed);
    write_at_once(&app).await;
    assert_that_each_is_answered(&app).await;
}

#[tokio::test]
async fn a_call_that_fails_makes_nobody_a_member_or_a_stranger() {
    let app = TestApp::start().await;
    app.users.feel(Health::Failing(503));
    write_at_once(&app).await;
    let replies = app
        .line
        .replies
        .wait(usize::try_from(PEOPLE).unwrap())
        .await;
    for reply in replies {
        assert_eq!(reply.text(), "Something went wrong! Sorry.");
    }
}
