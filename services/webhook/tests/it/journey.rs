//! Everything LINE may send, and what broke bots before this one.

use serde_json::{Value, json};

use crate::events::{
    event, follow, group, mention, sticker, text, text_in, token, unfollow, user, with, without,
};
use crate::harness::{ALICE, BOB, Fault, Health, TestApp};

/// Every event type of LINE's reference with its own members, as a stranger would cause it.
fn every_type() -> Vec<(&'static str, Value, Value)> {
    let bob = user(BOB);
    let in_group = group(Some(BOB));
    let nowhere = Value::Null;
    let members = json!({ "members": [{ "type": "user", "userId": BOB }] });
    vec![
        (
            "message",
            bob.clone(),
            json!({ "message": { "id": "1", "type": "text", "text": "hi" } }),
        ),
        (
            "messageEdited",
            in_group.clone(),
            json!({ "message": { "id": "1", "type": "text", "text": "hi" } }),
        ),
        (
            "unsend",
            bob.clone(),
            // Not one of the messages here, which would be forgotten.
            json!({ "unsend": { "messageId": "2" } }),
        ),
        (
            "follow",
            bob.clone(),
            json!({ "follow": { "isUnblocked": true } }),
        ),
        ("unfollow", bob.clone(), json!({})),
        ("join", in_group.clone(), json!({})),
        ("leave", in_group.clone(), json!({})),
        (
            "memberJoined",
            in_group.clone(),
            json!({ "joined": members }),
        ),
        ("memberLeft", in_group, json!({ "left": members })),
        (
            "postback",
            bob.clone(),
            json!({ "postback": { "data": "x", "params": { "date": "2026-01-01" } } }),
        ),
        (
            "videoPlayComplete",
            bob.clone(),
            json!({ "videoPlayComplete": { "trackingId": "t" } }),
        ),
        (
            "beacon",
            bob.clone(),
            json!({ "beacon": { "hwid": "h", "type": "stay" } }),
        ),
        (
            "accountLink",
            bob.clone(),
            json!({ "link": { "result": "ok", "nonce": "n" } }),
        ),
        (
            "accountLink",
            nowhere.clone(),
            json!({ "link": { "result": "failed", "nonce": "n" } }),
        ),
        (
            "membership",
            bob.clone(),
            json!({ "membership": { "type": "joined", "membershipId": 1 } }),
        ),
        (
            "module",
            nowhere.clone(),
            json!({ "module": { "type": "detached" } }),
        ),
        (
            "activated",
            bob.clone(),
            json!({ "chatControl": { "expireAt": 1 } }),
        ),
        ("deactivated", bob.clone(), json!({})),
        ("botSuspended", nowhere.clone(), json!({})),
        ("botResumed", nowhere.clone(), json!({})),
        ("delivery", nowhere, json!({ "delivery": { "data": "x" } })),
        ("things", bob, json!({ "things": { "deviceId": "x" } })),
    ]
}

fn every_message() -> Vec<Value> {
    let provider = json!({ "type": "external", "originalContentUrl": "https://x.example/1" });
    vec![
        json!({ "id": "1", "type": "image", "contentProvider": provider }),
        json!({ "id": "1", "type": "video", "contentProvider": provider }),
        json!({ "id": "1", "type": "audio", "duration": 1 }),
        json!({ "id": "1", "type": "file", "fileName": "x", "fileSize": 1 }),
        json!({ "id": "1", "type": "location", "latitude": 1.0, "longitude": 2.0 }),
        json!({ "id": "1", "type": "sticker", "packageId": "1", "stickerId": "1", "stickerResourceType": "NEW" }),
        json!({ "id": "1", "type": "hologram" }),
    ]
}

#[tokio::test]
async fn no_event_of_any_type_stops_the_next_message() {
    let app = TestApp::start().await;
    let mut events = Vec::new();
    let mut id = 0;
    for (kind, source, fields) in every_type() {
        for (replies, names) in [(true, true), (true, false), (false, true), (false, false)] {
            id += 1;
            let mut event = event(id, kind, &source, fields.clone());
            if !replies {
                event = without(event, "replyToken");
            }
            if !names && event["source"].is_object() {
                event["source"].as_object_mut().unwrap().remove("userId");
            }
            if event["source"].is_null() {
                event = without(event, "source");
            }
            events.push(event);
        }
    }
    for message in every_message() {
        id += 1;
        events.push(event(
            id,
            "message",
            &user(BOB),
            json!({ "message": message }),
        ));
    }
    let count = events.len();
    for event in events {
        app.deliver([event]).await;
    }
    app.wait("done", count).await;
    assert_eq!(app.events("parked").await + app.events("retried").await, 0);
    // message, follow, join and postback answer with a token, named or not; so does every message to one person.
    assert_eq!(app.line.replies.all().len(), 4 * 2 + every_message().len());

    app.deliver([text(900, ALICE, "still there?")]).await;
    let last = app.line.replies.wait(16).await.pop().unwrap();
    assert_eq!((last.text(), last.status), ("still there?", 200));
}

#[tokio::test]
async fn a_stranger_s_unfollow_and_a_failed_reply_stop_nothing() {
    let app = TestApp::start().await;
    app.line.misbehave([Fault::Status(400)]);
    app.deliver([unfollow(1, BOB)]).await;
    app.deliver([text(2, BOB, "hello")]).await;
    app.line.replies.wait(1).await;
    app.deliver([text(3, ALICE, "still there?")]).await;
    assert_eq!(app.line.replies.wait(2).await[1].text(), "still there?");
    assert!(!app.users.look_ups.all().is_empty());
}

#[tokio::test]
async fn w43_a_group_without_a_user_is_never_looked_up() {
    let app = TestApp::start().await;
    app.deliver([
        text_in(1, &group(None), "hello"),
        mention(2, &group(None), true),
        event(
            3,
            "memberJoined",
            &group(None),
            json!({ "joined": { "members": [] } }),
        ),
    ])
    .await;
    app.wait("done", 3).await;
    assert!(app.users.look_ups.all().is_empty());
    let replies = app.line.replies.all();
    assert_eq!(replies.len(), 1);
    assert_eq!(replies[0].token, token(2));
}

#[tokio::test]
async fn membership_is_asked_only_where_the_answer_depends_on_it() {
    let app = TestApp::start().await;
    app.deliver([
        unfollow(1, BOB),
        event(
            2,
            "unsend",
            &user(BOB),
            json!({ "unsend": { "messageId": "1" } }),
        ),
        text_in(3, &group(Some(BOB)), "not for the bot"),
        without(text(4, BOB, "cannot be answered"), "replyToken"),
        event(5, "join", &group(None), json!({})),
    ])
    .await;
    app.wait("done", 5).await;
    assert!(app.users.look_ups.all().is_empty());
}

#[tokio::test]
async fn members_are_echoed_and_their_stickers_left_alone() {
    let app = TestApp::start().await;
    app.deliver([sticker(1, &user(ALICE)), text(2, ALICE, "hello")])
        .await;
    assert_eq!(app.line.replies.wait(1).await[0].text(), "hello");
    app.deliver([mention(3, &group(Some(ALICE)), true)]).await;
    assert_eq!(app.line.replies.wait(2).await[1].text(), "@Kaiin hello");
}

#[tokio::test]
async fn w44_nothing_is_sent_without_a_token_that_works() {
    let app = TestApp::start().await;
    app.deliver([
        without(text(1, ALICE, "none"), "replyToken"),
        with(text(2, ALICE, "zeros"), "replyToken", json!("0".repeat(32))),
        with(text(3, ALICE, "fs"), "replyToken", json!("f".repeat(32))),
        with(text(4, ALICE, "standby"), "mode", json!("standby")),
        with(text(5, ALICE, "empty"), "replyToken", json!("")),
        with(text(6, ALICE, "number"), "replyToken", json!(7)),
        text(7, ALICE, "last"),
    ])
    .await;
    assert_eq!(app.line.replies.wait(1).await[0].text(), "last");
    assert_eq!(app.users.look_ups.all().len(), 1);
}

#[tokio::test]
async fn follow_and_unfollow_are_recorded_for_members_and_strangers() {
    let app = TestApp::start().await;
    app.deliver([
        follow(1, ALICE),
        unfollow(2, ALICE),
        with(unfollow(3, BOB), "mode", json!("standby")),
    ])
    .await;
    let mut changes = app.users.friendships.wait(3).await;
    changes.sort_by_key(|(_, change)| change["event_at"].as_i64());
    let told: Vec<_> = changes
        .iter()
        .map(|(who, change)| {
            (
                who.as_str(),
                change["friendship"].as_str().unwrap(),
                change["event_id"].as_str().unwrap(),
            )
        })
        .collect();
    let [first, second, third] = [1, 2, 3].map(crate::events::event_id);
    assert_eq!(
        told,
        [
            (ALICE, "following", first.as_str()),
            (ALICE, "blocked", &second),
            (BOB, "blocked", &third)
        ]
    );
}

#[tokio::test]
async fn neither_a_slow_line_nor_a_slow_api_users_delays_the_answer() {
    let app = TestApp::start().await;
    app.users.feel(Health::Hanging);
    app.deliver([text(1, BOB, "nobody answers this look-up")])
        .await;
    app.users.look_ups.wait(1).await;
    // Told 200 while the look-up hangs, and so is the next.
    app.users.feel(Health::Well);
    app.line.misbehave([Fault::Hold]);
    app.deliver([text(2, ALICE, "held")]).await;
    app.line.held.wait(1).await;
    app.deliver([text(3, ALICE, "after")]).await;
    assert!(app.line.replies.all().is_empty());
    app.line.release(1);
    app.line.replies.wait(2).await;
}
