//! What people do, and the events it makes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::Stage;

#[tokio::test]
async fn follow_block_and_unblock_tell_the_bot() {
    let stage = Stage::start().await;
    let alice = stage.stranger("Alice").await;
    let act = |what: &str| format!("/people/{alice}/{what}");
    stage.tell(&act("follow"), Value::Null).await;
    let event = stage.bot.last().event();
    assert_eq!(
        (&event["type"], &event["follow"]),
        (&json!("follow"), &json!({"isUnblocked": false}))
    );
    assert!(event["replyToken"].is_string());
    stage.tell(&act("block"), Value::Null).await;
    let event = stage.bot.last().event();
    assert_eq!(event["type"], "unfollow");
    assert!(event.get("replyToken").is_none());
    stage.tell(&act("unblock"), Value::Null).await;
    assert_eq!(
        stage.bot.last().event()["follow"],
        json!({"isUnblocked": true})
    );
    assert_eq!(
        stage
            .try_sim(Method::POST, &act("follow"), Value::Null)
            .await
            .0,
        409
    );
}

#[tokio::test]
async fn who_blocked_the_bot_cannot_write_to_it() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage
        .tell(&format!("/people/{alice}/block"), Value::Null)
        .await;
    let path = format!("/people/{alice}/say");
    assert_eq!(
        stage
            .try_sim(Method::POST, &path, json!({"text": "hi"}))
            .await
            .0,
        409
    );
}

#[tokio::test]
async fn every_kind_of_message_can_be_sent() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    for kind in [
        "text", "sticker", "image", "video", "audio", "file", "location",
    ] {
        let sent = stage
            .tell(&format!("/people/{alice}/send/{kind}"), json!({}))
            .await;
        let message = stage.bot.last().event()["message"].clone();
        assert_eq!(message["type"], kind);
        assert_eq!(message["id"], sent["message_id"]);
    }
    let own = json!({"message": {"stickerId": "52002735", "packageId": "11537"}});
    stage
        .tell(&format!("/people/{alice}/send/sticker"), own)
        .await;
    assert_eq!(stage.bot.last().event()["message"]["stickerId"], "52002735");
}

#[tokio::test]
async fn unsending_hides_the_message_and_names_it() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let said = stage.say(&alice, "oops").await;
    let unsend = json!({"message_id": said["message_id"]});
    stage
        .tell(&format!("/people/{alice}/unsend"), unsend.clone())
        .await;
    let event = stage.bot.last().event();
    assert_eq!(event["type"], "unsend");
    assert_eq!(event["unsend"]["messageId"], said["message_id"]);
    let seen = stage.look(&format!("/people/{alice}/transcript")).await;
    assert_eq!(seen["items"][0]["unsent"], true);
    let again = stage
        .try_sim(Method::POST, &format!("/people/{alice}/unsend"), unsend)
        .await;
    assert_eq!(again.0, 404);
}

#[tokio::test]
async fn a_button_posts_its_data_back() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let action = |label: &str, data: &str| json!({"type": "postback", "label": label, "data": data, "displayText": label});
    let template = json!({"type": "confirm", "text": "Coming?",
        "actions": [action("Yes", "a=yes"), action("No", "a=no")]});
    let message = json!({"type": "template", "altText": "Coming?", "template": template});
    let push = json!({"to": alice, "messages": [message]});
    assert_eq!(stage.call("/v2/bot/message/push", push).await.0, 200);
    stage
        .tell(&format!("/people/{alice}/press"), json!({"label": "No"}))
        .await;
    let event = stage.bot.last().event();
    assert_eq!(event["postback"], json!({"data": "a=no"}));
    let seen = stage
        .look(&format!("/people/{alice}/transcript?from={alice}"))
        .await;
    assert_eq!(seen["items"][0]["message"]["text"], "No");
}

#[tokio::test]
async fn quick_replies_and_flex_buttons_can_be_pressed() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let quick = json!({"type": "text", "text": "When?", "quickReply": {"items": [
        {"type": "action", "action": {"type": "message", "label": "Today", "text": "today"}},
        {"type": "action", "action":
            {"type": "datetimepicker", "label": "Pick", "data": "when", "mode": "date"}}]}});
    let open = json!({"type": "uri", "label": "Open", "uri": "http://127.0.0.1:8100/"});
    let flex = json!({"type": "flex", "altText": "Card", "contents": {"type": "bubble",
        "body": {"type": "box", "layout": "vertical",
            "contents": [{"type": "button", "action": open}]}}});
    let press = format!("/people/{alice}/press");
    stage
        .call(
            "/v2/bot/message/push",
            json!({"to": alice, "messages": [quick]}),
        )
        .await;
    stage.tell(&press, json!({"index": 0})).await;
    assert_eq!(stage.bot.last().event()["message"]["text"], "today");
    stage
        .tell(&press, json!({"label": "Pick", "value": "2026-12-24"}))
        .await;
    assert_eq!(
        stage.bot.last().event()["postback"]["params"],
        json!({"date": "2026-12-24"})
    );
    stage
        .call(
            "/v2/bot/message/push",
            json!({"to": alice, "messages": [flex]}),
        )
        .await;
    let opened = stage.tell(&press, json!({})).await;
    assert_eq!(opened["open"], "http://127.0.0.1:8100/");
}

#[tokio::test]
async fn groups_tell_who_joins_and_leaves_and_texts_are_edited_there() {
    let stage = Stage::start().await;
    let (alice, bob) = (stage.stranger("Alice").await, stage.stranger("Bob").await);
    let group = json!({"name": "Crew", "people": [alice], "bot": true});
    let group = stage.tell("/groups", group).await;
    let id = group["id"].as_str().unwrap();
    stage.bot.has(1).await;
    assert_eq!(stage.bot.last().event()["type"], "join");
    stage
        .tell(&format!("/groups/{id}/members"), json!({"person": bob}))
        .await;
    assert_eq!(
        stage.bot.last().event()["joined"]["members"][0]["userId"],
        *bob
    );
    let said = json!({"text": "hi", "chat": id});
    let said = stage.tell(&format!("/people/{bob}/say"), said).await;
    let edit = json!({"message_id": said["message_id"], "text": "hello"});
    stage.tell(&format!("/people/{bob}/edit"), edit).await;
    let event = stage.bot.last().event();
    assert_eq!(event["type"], "messageEdited");
    assert_eq!(event["message"]["id"], said["message_id"]);
    stage
        .sim(
            Method::DELETE,
            &format!("/groups/{id}/members/{bob}"),
            Value::Null,
        )
        .await;
    assert_eq!(stage.bot.last().event()["type"], "memberLeft");
    stage
        .sim(Method::DELETE, &format!("/groups/{id}/bot"), Value::Null)
        .await;
    assert_eq!(stage.bot.last().event()["type"], "leave");
    assert_eq!(stage.push(id, "anybody?").await.0, 400);
}

#[tokio::test]
async fn a_transcript_can_be_waited_for() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let path = format!("/people/{alice}/transcript?from=bot&wait_ms=10000");
    let (seen, _) = tokio::join!(stage.look(&path), stage.push(&alice, "hello"));
    assert_eq!(seen["items"][0]["message"]["text"], "hello");
    let after = seen["last"].as_u64().unwrap();
    let none = stage
        .look(&format!(
            "/people/{alice}/transcript?after={after}&wait_ms=10"
        ))
        .await;
    assert_eq!(none, json!({"items": [], "last": after}));
}

#[tokio::test]
async fn profiles_are_shown_of_friends_and_of_strangers_who_wrote() {
    let stage = Stage::start().await;
    let alice = json!({"name": "Alice", "language": "zh-TW", "friend": true});
    let alice = stage.tell("/people", alice).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let bob = stage.stranger("Bob").await;
    let path = |id: &str| format!("/v2/bot/profile/{id}");
    let (_, profile) = stage.get(&path(&alice)).await;
    let expected = json!({"displayName": "Alice", "userId": alice, "language": "zh-TW"});
    assert_eq!(profile, expected);
    let not_found = (404, json!({"message": "Not found"}));
    assert_eq!(stage.get(&path(&bob)).await, not_found);
    stage.say(&bob, "hi").await;
    assert_eq!(stage.get(&path(&bob)).await.0, 200);
    stage
        .tell(&format!("/people/{alice}/block"), Value::Null)
        .await;
    assert_eq!(stage.get(&path(&alice)).await, not_found);
    assert_eq!(stage.get(&path("bogus")).await.0, 400);
}

#[tokio::test]
async fn loading_is_202_and_its_seconds_are_checked() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let start = |seconds: Value| {
        let body = json!({"chatId": alice, "loadingSeconds": seconds});
        stage.call("/v2/bot/chat/loading/start", body)
    };
    assert_eq!(start(json!(5)).await, (202, json!({})));
    let person = stage.look(&format!("/people/{alice}")).await;
    assert_eq!(person["loading"], true);
    for (seconds, text) in [
        (65, "Must be between 5 and 60"),
        (7, "must be a multiple of five"),
    ] {
        let (status, answer) = start(json!(seconds)).await;
        assert_eq!(
            (status, &answer["details"][0]["message"]),
            (400, &json!(text))
        );
    }
    let group = json!({"chatId": "C0123456789abcdef0123456789abcdef"});
    assert_eq!(stage.call("/v2/bot/chat/loading/start", group).await.0, 400);
}

#[tokio::test]
async fn messages_are_marked_as_read_by_their_token() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage.say(&alice, "hi").await;
    let token = stage.bot.last().event()["message"]["markAsReadToken"].clone();
    let path = "/v2/bot/chat/markAsRead";
    let answer = stage.call(path, json!({"markAsReadToken": token})).await;
    assert_eq!(answer, (200, json!({})));
    let seen = stage.look(&format!("/people/{alice}/transcript")).await;
    assert_eq!(seen["items"][0]["read"], true);
    assert_eq!(
        stage.call(path, json!({"markAsReadToken": "x"})).await.0,
        400
    );
}
