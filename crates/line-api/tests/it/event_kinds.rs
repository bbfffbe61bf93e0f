//! Every event type and message type that LINE documents, in an example of our own.

use line_api::event::{
    BeaconAction, Content, Event, Kind, LinkResult, MembershipChange, Message, Mode, ModuleChange,
    ProviderType, Source,
};
use line_api::{ChatId, UserId};
use serde_json::{Value, json};
use service_kit::Timestamp;

const ALICE: &str = "Ua11ce000000000000000000000000000";
const BOB: &str = "U0b0b0000000000000000000000000000";

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

/// An event with everything that active events have, and these members of its own.
fn event(kind: &str, own: &Value) -> Event {
    let mut event = json!({
        "type": kind,
        "mode": "active",
        "timestamp": 1_790_000_000_123_i64,
        "source": { "type": "user", "userId": ALICE },
        "webhookEventId": "01K0000000000000000000000A",
        "deliveryContext": { "isRedelivery": false },
        "replyToken": "0f3779fba3b349968c5d07db31eab56f",
    });
    let members = own.as_object().unwrap().clone();
    event.as_object_mut().unwrap().extend(members);
    Event::parse(event.to_string().as_bytes())
}

fn message(own: &Value) -> Message {
    let mut message =
        json!({ "id": "468789577898262530", "markAsReadToken": "mark", "quoteToken": "quote" });
    message
        .as_object_mut()
        .unwrap()
        .extend(own.as_object().unwrap().clone());
    match event("message", &json!({ "message": message })).kind {
        Kind::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_header_holds_what_every_event_has() {
    let event = event(
        "unfollow",
        &json!({ "deliveryContext": { "isRedelivery": true } }),
    );
    assert_eq!(event.header.event_type.as_deref(), Some("unfollow"));
    assert_eq!(
        event.header.webhook_event_id.as_deref(),
        Some("01K0000000000000000000000A")
    );
    assert_eq!(
        event.header.timestamp,
        Some(Timestamp::from_millis(1_790_000_000_123))
    );
    assert_eq!(event.header.mode, Some(Mode::Active));
    assert!(event.header.is_redelivery);
    assert_eq!(event.user_id(), Some(&user(ALICE)));
    assert_eq!(
        event.reply_token().unwrap().expose(),
        "0f3779fba3b349968c5d07db31eab56f"
    );
    assert_eq!(event.kind, Kind::Unfollow);
}

#[test]
fn a_conversation_is_the_group_or_the_room_or_else_the_person() {
    let chat = |source| event("message", &json!({ "source": source })).chat_id();
    let id = |id| Some(ChatId::parse(id).unwrap());
    assert_eq!(chat(json!({ "type": "user", "userId": ALICE })), id(ALICE));
    assert_eq!(
        chat(json!({ "type": "group", "groupId": "Cabc", "userId": ALICE })),
        id("Cabc")
    );
    assert_eq!(
        chat(json!({ "type": "room", "roomId": "Rabc" })),
        id("Rabc")
    );
    assert_eq!(chat(json!({ "type": "user" })), None);
    assert_eq!(chat(Value::Null), None);
}

#[test]
fn events_without_members_of_their_own_are_known() {
    for (kind, expected) in [
        ("unfollow", Kind::Unfollow),
        ("join", Kind::Join),
        ("leave", Kind::Leave),
        ("deactivated", Kind::Deactivated),
        ("botSuspended", Kind::BotSuspended),
        ("botResumed", Kind::BotResumed),
    ] {
        assert_eq!(event(kind, &json!({})).kind, expected);
    }
}

#[test]
fn follow_and_unsend_and_edits_are_known() {
    let follow = event("follow", &json!({ "follow": { "isUnblocked": true } })).kind;
    assert_eq!(
        follow,
        Kind::Follow {
            is_unblocked: Some(true)
        }
    );
    let unsend = event("unsend", &json!({ "unsend": { "messageId": "325708" } })).kind;
    assert_eq!(
        unsend,
        Kind::Unsend {
            message_id: "325708".into()
        }
    );
    let edited = json!({ "message": { "type": "text", "id": "325708", "text": "better", "quoteToken": "q" } });
    let Kind::MessageEdited(message) = event("messageEdited", &edited).kind else {
        panic!()
    };
    assert_eq!(message.id, "325708");
    assert!(matches!(message.content, Content::Text(text) if text.text.as_str() == "better"));
}

#[test]
fn people_who_join_and_leave_are_named_where_line_names_them() {
    let people = json!([{ "type": "user", "userId": ALICE }, { "type": "user" }, { "type": "user", "userId": BOB }]);
    let members = vec![user(ALICE), user(BOB)];
    let joined = event("memberJoined", &json!({ "joined": { "members": people } })).kind;
    assert_eq!(
        joined,
        Kind::MemberJoined {
            members: members.clone()
        }
    );
    let left = event("memberLeft", &json!({ "left": { "members": people } })).kind;
    assert_eq!(left, Kind::MemberLeft { members });
}

#[test]
fn postbacks_carry_their_data_and_what_was_chosen() {
    let postback = |own| match event("postback", &json!({ "postback": own })).kind {
        Kind::Postback(postback) => postback,
        other => panic!("{other:?}"),
    };
    let plain = postback(json!({ "data": "action=buy" }));
    assert_eq!(plain.data.as_str(), "action=buy");
    assert_eq!(plain.params, line_api::event::PostbackParams::default());
    let date = postback(json!({ "data": "d", "params": { "datetime": "2027-01-01T08:30" } }));
    assert_eq!(date.params.datetime.unwrap().as_str(), "2027-01-01T08:30");
    let menu =
        json!({ "data": "d", "params": { "newRichMenuAliasId": "members", "status": "SUCCESS" } });
    let menu = postback(menu).params;
    assert_eq!(menu.new_rich_menu_alias_id.as_deref(), Some("members"));
    assert_eq!(menu.status.as_deref(), Some("SUCCESS"));
}

#[test]
fn rarer_events_are_known() {
    let video = event(
        "videoPlayComplete",
        &json!({ "videoPlayComplete": { "trackingId": "clip-7" } }),
    )
    .kind;
    assert_eq!(
        video,
        Kind::VideoPlayComplete {
            tracking_id: "clip-7".into()
        }
    );

    let beacon = json!({ "beacon": { "hwid": "d41d8cd98f", "type": "enter", "dm": "00ff" } });
    let Kind::Beacon(beacon) = event("beacon", &beacon).kind else {
        panic!()
    };
    assert_eq!(
        (beacon.action, beacon.dm.as_deref()),
        (BeaconAction::Enter, Some("00ff"))
    );

    let membership = json!({ "membership": { "type": "renewed", "membershipId": 3189 } });
    let Kind::Membership(membership) = event("membership", &membership).kind else {
        panic!()
    };
    assert_eq!(membership.change, MembershipChange::Renewed);
    assert_eq!(membership.membership_id, Some(3189));

    let delivery = event(
        "delivery",
        &json!({ "source": null, "delivery": { "data": "15034552939884E2" } }),
    )
    .kind;
    assert!(matches!(delivery, Kind::Delivery { data } if data.as_str() == "15034552939884E2"));
}

#[test]
fn modules_come_go_and_take_the_lead() {
    let attached =
        json!({ "module": { "type": "attached", "botId": BOB, "scopes": ["message:send"] } });
    let Kind::Module(module) = event("module", &attached).kind else {
        panic!()
    };
    assert_eq!(
        (module.change, module.bot_id),
        (ModuleChange::Attached, Some(user(BOB)))
    );
    assert_eq!(module.scopes, ["message:send"]);

    let activated = event(
        "activated",
        &json!({ "chatControl": { "expireAt": 1_790_000_360_000_i64 } }),
    )
    .kind;
    assert_eq!(
        activated,
        Kind::Activated {
            expire_at: Some(Timestamp::from_millis(1_790_000_360_000))
        }
    );
}

#[test]
fn an_account_link_is_known_whether_it_worked_or_not() {
    let worked = json!({ "link": { "result": "ok", "nonce": "bm9uY2U=" } });
    let Kind::AccountLink(link) = event("accountLink", &worked).kind else {
        panic!()
    };
    assert_eq!(
        (link.result, link.nonce.as_str()),
        (LinkResult::Ok, "bm9uY2U=")
    );

    // A failed one has neither source nor reply token.
    let failed = br#"{"type":"accountLink","mode":"active","timestamp":1790000000123,
        "webhookEventId":"01K","deliveryContext":{"isRedelivery":false},"link":{"result":"failed","nonce":"x"}}"#;
    let failed = Event::parse(failed);
    assert_eq!(failed.header.source, Source::None);
    assert!(failed.reply_token().is_none());
    assert!(matches!(failed.kind, Kind::AccountLink(link) if link.result == LinkResult::Failed));
}

#[test]
fn a_text_holds_emoji_mentions_and_what_it_quotes() {
    let message = message(&json!({
        "type": "text",
        "text": "@All $ hello",
        "emojis": [{ "index": 5, "length": 1, "productId": "5ac1", "emojiId": "001" }],
        "mention": { "mentionees": [
            { "index": 0, "length": 4, "type": "all" },
            { "index": 6, "length": 5, "type": "user", "userId": BOB, "isSelf": false },
        ] },
        "quotedMessageId": "468789532432007169",
    }));
    assert_eq!(message.id, "468789577898262530");
    assert_eq!(message.quote_token.unwrap().as_str(), "quote");
    assert_eq!(message.mark_as_read_token.unwrap().as_str(), "mark");
    assert_eq!(
        message.quoted_message_id.as_deref(),
        Some("468789532432007169")
    );
    let Content::Text(text) = message.content else {
        panic!()
    };
    assert_eq!((text.text.as_str(), text.emojis.len()), ("@All $ hello", 1));
    assert!(text.mentionees[0].all);
    assert_eq!(text.mentionees[1].user_id, Some(user(BOB)));
}

#[test]
fn media_hold_where_their_bytes_are() {
    let set = json!({ "id": "E005D41A7288F41B655", "index": 1, "total": 2 });
    let image = message(
        &json!({ "type": "image", "contentProvider": { "type": "line" }, "imageSet": set }),
    );
    let Content::Image(image) = image.content else {
        panic!()
    };
    assert_eq!(image.provider.provider, Some(ProviderType::Line));
    assert_eq!(image.set.unwrap().total, Some(2));

    let provider = json!({
        "type": "external",
        "originalContentUrl": "https://example.com/o.mp4",
        "previewImageUrl": "https://example.com/p.jpg",
    });
    let video =
        message(&json!({ "type": "video", "duration": 60000, "contentProvider": provider }));
    let Content::Video(video) = video.content else {
        panic!()
    };
    assert_eq!(video.duration_ms, Some(60000));
    assert_eq!(
        video.provider.original_content_url.unwrap().as_str(),
        "https://example.com/o.mp4"
    );

    let audio = message(
        &json!({ "type": "audio", "duration": 5000, "contentProvider": { "type": "line" } }),
    );
    assert!(matches!(audio.content, Content::Audio(audio) if audio.duration_ms == Some(5000)));
    let file = message(&json!({ "type": "file", "fileName": "plan.pdf", "fileSize": 2138 }));
    assert!(matches!(file.content, Content::File(file) if file.size == Some(2138)));
}

#[test]
fn places_and_stickers_are_known() {
    let place = message(&json!({
        "type": "location", "title": "the office", "address": "1-3 Kioicho", "latitude": 35.67966, "longitude": 139.73669,
    }));
    assert!(matches!(place.content, Content::Location(place) if place.latitude == Some(35.67966)));
    let sticker = message(&json!({
        "type": "sticker", "packageId": "446", "stickerId": "1988", "stickerResourceType": "STATIC",
        "keywords": ["hello", "smile"], "text": "hi",
    }));
    let Content::Sticker(sticker) = sticker.content else {
        panic!()
    };
    assert_eq!(sticker.sticker_id.as_deref(), Some("1988"));
    assert_eq!(sticker.keywords.len(), 2);
}

#[test]
fn the_bot_knows_when_it_is_mentioned() {
    let mentioning = |mentionees: Value| {
        let message = json!({ "id": "1", "type": "text", "text": "@bot hi", "mention": { "mentionees": mentionees } });
        event("message", &json!({ "message": message })).mentions_bot()
    };
    assert!(mentioning(
        json!([{ "type": "user", "userId": BOB, "isSelf": true }])
    ));
    assert!(mentioning(
        json!([{ "type": "all" }, 7, { "isSelf": true }])
    ));
    assert!(!mentioning(
        json!([{ "type": "user", "userId": ALICE, "isSelf": false }])
    ));
    assert!(!mentioning(json!([{ "type": "all", "index": 0 }])));
    assert!(!mentioning(json!("nobody")));
    assert!(!event("follow", &json!({})).mentions_bot());
}
