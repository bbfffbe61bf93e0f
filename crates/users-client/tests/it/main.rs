//! The client against a members' API that misbehaves.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop there"
)]

mod listener;

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use service_auth::TokenSource;
use service_kit::Timestamp;
use service_kit::http_client::{self, Limits};
use users_client::{
    AudienceRequest, Friendship, FriendshipChange, RegisterMember, UpdateMember, UsersClient,
    UsersError,
};

use listener::{Listener, Turn};

const DEADLINE: Duration = Duration::from_secs(4);

struct Client {
    users: UsersClient,
    _folder: tempfile::TempDir,
}

fn client(listener: &Listener) -> Client {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "token").unwrap();
    let http = http_client::client(Limits::default());
    let users = UsersClient::new(http, &listener.url(), TokenSource::file(token));
    Client {
        users: users.retrying(DEADLINE),
        _folder: folder,
    }
}

fn candidate() -> RegisterMember {
    RegisterMember {
        luid: "U1".into(),
        display_name: "Alice".into(),
        ..RegisterMember::default()
    }
}

const MEMBER: &str = r#"{"member_id":"019abcde-0000-7000-8000-000000000000","luid":"U1","display_name":"Alice",
    "picture_url":null,"email":null,"phone":null,"language":null,"time_zone":null,"quiet_hours":null,
    "status":"active","friendship":"unknown","consents":[],"topics":[],"tags":[],"attributes":{},
    "created_at":1,"updated_at":1}"#;
const STRANGER: &str = r#"{"member":false,"language":null}"#;
/// A failure that says when to come again.
const SOON: Turn = Turn::Answer(503, "retry-after: 0\r\n", "{}");

#[tokio::test]
async fn a_registration_of_unknown_outcome_is_tried_again_under_its_key() {
    for broken in [
        Turn::HangUp,
        Turn::Answer(201, "content-length: 999\r\n", "{"),
        Turn::Answer(500, "", ""),
        Turn::Answer(502, "", ""),
        Turn::Answer(504, "", ""),
        SOON,
    ] {
        let listener = Listener::start([broken, Turn::Answer(201, "", MEMBER)]).await;
        let client = client(&listener);
        let member = client.users.register(&candidate()).await.unwrap();
        assert_eq!(member.luid, "U1");
        let requests = listener.requests();
        assert_eq!(requests.len(), 2, "{broken:?}");
        assert_eq!(requests[0], requests[1], "the very same, its key included");
        assert!(requests[0].contains("idempotency-key: "));
    }
}

#[tokio::test]
async fn each_registration_has_a_key_of_its_own() {
    let ok = Turn::Answer(201, "", MEMBER);
    let listener = Listener::start([ok, ok]).await;
    let client = client(&listener);
    client.users.register(&candidate()).await.unwrap();
    client.users.register(&candidate()).await.unwrap();
    let requests = listener.requests();
    assert_ne!(requests[0], requests[1]);
}

#[tokio::test]
async fn what_may_be_done_twice_is_tried_again_once() {
    for broken in [Turn::HangUp, SOON] {
        let listener = Listener::start([
            broken,
            Turn::Answer(200, "", STRANGER),
            broken,
            Turn::Answer(204, "", ""),
            broken,
            Turn::Answer(204, "", ""),
        ])
        .await;
        let client = client(&listener);
        assert!(!client.users.membership("U1").await.unwrap().member);
        client.users.erase("U1").await.unwrap();
        let change = FriendshipChange {
            friendship: Friendship::Blocked,
            event_at: Timestamp::from_millis(1),
            event_id: "e".into(),
        };
        client.users.set_friendship("U1", &change).await.unwrap();
        assert_eq!(listener.requests().len(), 6);
    }
}

#[tokio::test]
async fn what_may_not_be_done_twice_is_not() {
    for broken in [Turn::HangUp, SOON, Turn::Answer(500, "", "")] {
        let listener = Listener::start([broken; 3]).await;
        let users = client(&listener);
        let change = UpdateMember::default();
        users.users.update("U1", &change).await.unwrap_err();
        users.users.give_consents("U1", &[]).await.unwrap_err();
        users.users.leave("U1", None).await.unwrap_err();
        assert_eq!(listener.requests().len(), 3, "{broken:?}");
    }
}

#[tokio::test]
async fn answers_and_pleas_to_wait_are_taken_as_they_are() {
    let refused = r#"{"type":"/problems/already-registered","title":"","status":409}"#;
    for turn in [
        Turn::Answer(409, "", refused),
        Turn::Answer(503, "retry-after: 2\r\n", ""),
        Turn::Answer(503, "", ""),
        Turn::Answer(201, "", "no member"),
    ] {
        let listener = Listener::start([turn]).await;
        let error = client(&listener).users.register(&candidate()).await;
        match (turn, error.unwrap_err()) {
            (Turn::Answer(409, ..), error) => {
                assert_eq!(error.problem_kind(), Some("/problems/already-registered"));
            }
            (_, error) => assert!(!matches!(error, UsersError::Refused(_))),
        }
        assert_eq!(listener.requests().len(), 1, "{turn:?}");
    }
}

#[tokio::test]
async fn an_api_that_is_away_is_not_asked_twice_as_often() {
    let away = [SOON; 7];
    let back = [Turn::Answer(200, "", STRANGER), SOON, SOON];
    let listener = Listener::start(away.into_iter().chain(back)).await;
    let client = client(&listener);
    for _ in 0..6 {
        let error = client.users.membership("U1").await.unwrap_err();
        assert!(matches!(error, UsersError::Failed(503)));
    }
    assert_eq!(listener.requests().len(), 7, "one of six was tried twice");
    client.users.membership("U1").await.unwrap();
    client.users.membership("U1").await.unwrap_err();
    assert_eq!(
        listener.requests().len(),
        10,
        "it was back, and failed anew"
    );
}

#[tokio::test]
async fn a_call_ends_within_its_deadline_and_what_was_slow_is_not_tried_again() {
    let listener = Listener::start([Turn::Silence, Turn::Answer(200, "", STRANGER)]).await;
    let begun = Instant::now();
    let client = client(&listener);
    let users = client.users.clone().retrying(Duration::from_millis(300));
    let error = users.membership("U1").await.unwrap_err();
    assert!(matches!(error, UsersError::Unreachable(_)));
    assert!(begun.elapsed() < DEADLINE);
    assert_eq!(listener.requests().len(), 1);
}

#[tokio::test]
async fn a_line_of_an_audience_that_does_not_end_is_given_up() {
    let listener = Listener::start([Turn::EndlessLine]).await;
    let client = client(&listener);
    let request = AudienceRequest::of_purpose("news");
    let pages = client.users.audience_pages(&request, false);
    let pages = pages.await.unwrap();
    let pages: Vec<_> = pages.collect().await;
    assert_eq!(pages.len(), 1, "nothing comes after it");
    let error = pages[0].as_ref().unwrap_err();
    assert!(matches!(error, UsersError::LongLine(1_048_576)), "{error}");
}

#[tokio::test]
async fn without_asking_for_it_nothing_is_tried_again() {
    let listener = Listener::start([SOON, Turn::HangUp]).await;
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "token").unwrap();
    let http = http_client::client(Limits::default());
    let users = UsersClient::new(http, &listener.url(), TokenSource::file(token));
    users.membership("U1").await.unwrap_err();
    users.register(&candidate()).await.unwrap_err();
    assert_eq!(listener.requests().len(), 2);
}
