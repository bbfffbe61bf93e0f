//! Odd, broken and hostile deliveries: none costs more than the event that is odd.

use line_api::event::{Content, Delivery, Event, Flaw, Kind, Mode, Source};
use serde_json::{Value, json};

fn delivery(events: &[Value]) -> Delivery {
    let body = json!({ "destination": "U8e742f61d673b39c7fff3cecb7536ef0", "events": events });
    Delivery::parse(body.to_string().as_bytes()).unwrap()
}

fn kind(event: &Value) -> Kind {
    Event::parse(event.to_string().as_bytes()).kind
}

fn text_of(event: &Event) -> &str {
    match &event.kind {
        Kind::Message(message) => match &message.content {
            Content::Text(text) => text.text.as_str(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn w15_no_events_is_a_delivery() {
    assert!(delivery(&[]).events.is_empty());
}

#[test]
fn w13_what_is_not_a_json_object_is_no_delivery() {
    for body in [
        "", " ", "not json", "[]", "\"text\"", "7", "null", "{", "{}x",
    ] {
        assert!(Delivery::parse(body.as_bytes()).is_err(), "{body}");
    }
    assert!(Delivery::parse(b"\xef\xbb\xbf{\"events\":[]}").is_err());
    assert!(Delivery::parse(b"\xff\xfe{\"events\":[]}").is_err());
}

#[test]
fn w14_no_list_of_events_is_no_delivery() {
    for body in [
        r#"{"destination":"U"}"#,
        r#"{"events":null}"#,
        r#"{"events":{}}"#,
        r#"{"events":"[]"}"#,
    ] {
        assert!(Delivery::parse(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn w26_a_destination_of_an_unknown_form_is_nobodys() {
    let parse = |body: &str| Delivery::parse(body.as_bytes()).unwrap().destination;
    assert!(parse(r#"{"destination":"someone","events":[]}"#).is_none());
    assert!(parse(r#"{"destination":7,"events":[]}"#).is_none());
    assert!(parse(r#"{"events":[]}"#).is_none());
}

#[test]
fn w16_w20_an_odd_event_in_the_middle_costs_the_others_nothing() {
    let follow = json!({ "type": "follow", "webhookEventId": "01A" });
    for odd in [
        json!({ "type": "telepathy", "thought": { "depth": 9 } }),
        json!({ "type": "message" }),
        json!({ "type": "message", "message": 7 }),
        json!({ "type": "message", "message": { "type": "text", "id": "1" } }),
        json!({ "type": ["message"] }),
        json!({}),
        json!(null),
        json!("message"),
        json!([[]]),
        json!(1e300),
    ] {
        let delivery = delivery(&[follow.clone(), odd.clone(), follow.clone()]);
        assert!(
            matches!(delivery.events[0].kind, Kind::Follow { .. }),
            "before {odd}"
        );
        assert!(
            matches!(
                delivery.events[1].kind,
                Kind::Unknown { .. } | Kind::Malformed { .. }
            ),
            "{odd}"
        );
        assert!(
            matches!(delivery.events[2].kind, Kind::Follow { .. }),
            "after {odd}"
        );
    }
}

#[test]
fn a_malformed_event_says_what_is_missing_and_keeps_its_header_and_bytes() {
    let raw = json!({ "type": "unsend", "unsend": {}, "webhookEventId": "01A", "timestamp": 5 })
        .to_string();
    let event = Event::parse(raw.as_bytes());
    assert_eq!(event.flaw(), Some(Flaw::Member("unsend.messageId")));
    assert_eq!(event.header.webhook_event_id.as_deref(), Some("01A"));
    assert_eq!(event.raw(), raw.as_bytes());
    assert_eq!(Event::parse(b"[1]").flaw(), Some(Flaw::NotAnObject));
    assert_eq!(Event::parse(b"{]").flaw(), Some(Flaw::NotJson));
    assert_eq!(Event::parse(b"").flaw(), Some(Flaw::NotJson));
}

#[test]
fn w17_unknown_members_other_orders_and_blanks_change_nothing() {
    let raw = br#"
      { "newcomer" : { "a" : [ 1 , { } ] } ,
        "message" : { "text" : "hi" , "future" : null , "id" : "1" , "type" : "text" } ,
        "replyToken" : "r" , "mode" : "active" , "type" : "message" }"#;
    let event = Event::parse(raw);
    assert_eq!(text_of(&event), "hi");
    assert_eq!(event.raw().as_ref(), raw);
}

#[test]
fn a_member_of_the_wrong_type_costs_that_member_only() {
    let event = json!({
        "type": "follow", "webhookEventId": 7, "timestamp": "soon", "mode": [], "source": "Alice",
        "deliveryContext": 1, "replyToken": {}, "follow": [],
    });
    let event = Event::parse(event.to_string().as_bytes());
    assert_eq!(event.kind, Kind::Follow { is_unblocked: None });
    assert_eq!(event.header.event_type.as_deref(), Some("follow"));
    assert_eq!(event.header.source, Source::None);
    assert!(event.header.timestamp.is_none() && event.reply_token().is_none());
}

#[test]
fn w25_times_that_are_none_are_left_out() {
    let time = |time: &str| {
        let raw = format!(r#"{{"type":"follow","timestamp":{time}}}"#);
        Event::parse(raw.as_bytes())
            .header
            .timestamp
            .map(service_kit::Timestamp::as_millis)
    };
    assert_eq!(time("1790000000123"), Some(1_790_000_000_123));
    for odd in [
        "-1",
        "9223372036854775808",
        "9223372036854775807",
        "1.5e12",
        "\"1790000000123\"",
        "1e400",
        "null",
    ] {
        assert_eq!(time(odd), None, "{odd}");
    }
}

#[test]
fn values_of_tomorrow_are_kept() {
    let event =
        Event::parse(br#"{"type":"beacon","mode":"dreaming","beacon":{"hwid":"1","type":"hum"}}"#);
    assert_eq!(event.header.mode, Some(Mode::Other("dreaming".into())));
    assert!(event.reply_token().is_none());
    assert!(matches!(&event.kind, Kind::Beacon(beacon) if beacon.action.as_str() == "hum"));
    let hologram =
        kind(&json!({ "type": "message", "message": { "id": "1", "type": "hologram" } }));
    let Kind::Message(message) = hologram else {
        panic!()
    };
    assert_eq!(
        message.content,
        Content::Unknown {
            message_type: "hologram".into()
        }
    );
    let sticker = json!({ "id": "1", "type": "sticker", "stickerResourceType": "SMELL" });
    let Kind::Message(message) = kind(&json!({ "type": "message", "message": sticker })) else {
        panic!()
    };
    assert!(
        matches!(message.content, Content::Sticker(sticker) if sticker.resource_type.as_deref() == Some("SMELL"))
    );
    let planet = Event::parse(br#"{"type":"join","source":{"type":"planet","planetId":"P1"}}"#);
    assert!(
        matches!(planet.header.source, Source::Other { source_type, .. } if source_type == "planet")
    );
}

#[test]
fn what_lines_own_samples_leave_out_may_be_missing() {
    assert_eq!(
        kind(&json!({ "type": "follow" })),
        Kind::Follow { is_unblocked: None }
    );
    assert!(matches!(
        kind(&json!({ "type": "module", "module": { "type": "detached", "botId": "U" } })),
        Kind::Module(module) if module.reason.is_none()
    ));
    assert!(matches!(
        kind(&json!({ "type": "message", "message": { "id": "1", "type": "text", "text": "no quote token" } })),
        Kind::Message(message) if message.quote_token.is_none()
    ));
    assert!(matches!(
        kind(&json!({ "type": "message", "message": { "id": "1", "type": "image" } })),
        Kind::Message(_)
    ));
    // IDs are documented as strings here and as numbers there.
    let Kind::Unsend { message_id } =
        kind(&json!({ "type": "unsend", "unsend": { "messageId": 325_708 } }))
    else {
        panic!()
    };
    assert_eq!(message_id, "325708");
}

#[test]
fn w43_user_ids_of_another_form_are_nobody() {
    for id in [
        json!("alice"),
        json!("U123"),
        json!("UA11CE00000000000000000000000000A"),
        json!(7),
        json!(""),
    ] {
        let event = json!({ "type": "follow", "source": { "type": "user", "userId": id } });
        assert!(
            Event::parse(event.to_string().as_bytes())
                .user_id()
                .is_none(),
            "{id}"
        );
    }
    let module = format!("LU{0}-U{0}", "0123456789abcdef0123456789abcdef");
    let event = json!({ "type": "follow", "source": { "type": "user", "userId": module } });
    assert!(
        Event::parse(event.to_string().as_bytes())
            .user_id()
            .unwrap()
            .is_of_module()
    );
}

#[test]
fn w44_there_is_no_reply_token_to_use_in_standby_or_when_it_is_a_dummy() {
    let usable = |mode: &str, token: &str| {
        let event = json!({ "type": "follow", "mode": mode, "replyToken": token });
        Event::parse(event.to_string().as_bytes())
            .reply_token()
            .is_some()
    };
    assert!(usable("active", "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA"));
    assert!(!usable("standby", "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA"));
    assert!(!usable("active", &"0".repeat(32)));
    assert!(!usable("active", &"f".repeat(32)));
    assert!(!usable("active", ""));
    assert!(!usable("active", &"x".repeat(256)));
}

#[test]
fn w37_deep_nesting_is_survived() {
    for depth in [127, 129, 10_000, 200_000] {
        let nest = "[".repeat(depth) + &"]".repeat(depth);
        assert!(Delivery::parse(nest.as_bytes()).is_err());
        let odd = format!(r#"{{"type":"message","message":{nest},"webhookEventId":"01B"}}"#);
        let body = format!(r#"{{"events":[{{"type":"follow"}},{odd},{{"type":"leave"}}]}}"#);
        let delivery = Delivery::parse(body.as_bytes()).unwrap();
        assert!(matches!(delivery.events[1].kind, Kind::Malformed { .. }));
        assert_eq!(
            delivery.events[1].header.webhook_event_id.as_deref(),
            Some("01B")
        );
        assert!(!delivery.events[1].dedupe_key().as_str().is_empty());
        assert_eq!(delivery.events[2].kind, Kind::Leave);
    }
}

#[test]
fn w38_bytes_that_are_not_utf8_cost_their_characters_only() {
    let event: &[u8] = b"{\"type\":\"message\",\"message\":{\"type\":\"text\",\"id\":\"1\",\"text\":\"a\xff\xf0\x9fb\"}}";
    let body = [
        b"{\"events\":[{\"type\":\"leave\"},".as_slice(),
        event,
        b"]}",
    ]
    .concat();
    let delivery = Delivery::parse(&body).unwrap();
    assert_eq!(delivery.events[0].kind, Kind::Leave);
    assert_eq!(delivery.events[1].raw(), event);
    assert_eq!(text_of(&delivery.events[1]), "a\u{fffd}\u{fffd}b");
}

#[test]
fn w38_half_a_surrogate_pair_costs_its_character_only() {
    let raw = br#"{"type":"message","message":{"type":"text","id":"1","text":"hi \ud83d there \ud83d\ude00"},"\udc00":1}"#;
    let event = Event::parse(raw);
    assert!(text_of(&event).starts_with("hi \u{fffd}") && text_of(&event).ends_with(" there 😀"));
    assert_eq!(event.raw().as_ref(), raw);
}

#[test]
fn w39_w40_w41_texts_come_through_as_written() {
    for text in [
        "nul \0 inside",
        "'); DROP TABLE members;--",
        "\u{202e}desrever",
        "\r\n\x1b[31m",
        &"👨‍👩‍👧‍👦".repeat(450),
    ] {
        let message = json!({ "id": "1", "type": "text", "text": text });
        let event = json!({ "type": "message", "message": message });
        assert_eq!(text_of(&Event::parse(event.to_string().as_bytes())), text);
    }
}

#[test]
fn of_members_with_one_name_the_last_counts() {
    assert_eq!(
        Event::parse(br#"{"type":"join","type":"leave"}"#).kind,
        Kind::Leave
    );
}

#[test]
fn w18_an_event_is_recognised_by_its_id_or_else_by_its_digest_without_delivery_context() {
    let key = |raw: &str| Event::parse(raw.as_bytes()).dedupe_key();
    assert_eq!(
        key(r#"{"type":"join","webhookEventId":"01ABC"}"#).as_str(),
        "01ABC"
    );

    let first = key(r#"{"type":"join","timestamp":1,"deliveryContext":{"isRedelivery":false}}"#);
    let again = key(r#"{"type":"join", "deliveryContext":{"isRedelivery":true}, "timestamp":1}"#);
    let other = key(r#"{"type":"join","timestamp":2,"deliveryContext":{"isRedelivery":false}}"#);
    assert!(first.as_str().starts_with("sha256:") && first.as_str().len() == 71);
    assert_eq!(first, again);
    assert_ne!(first, other);

    // An ID that is none does not stand for anything.
    for odd in [
        "\"\"",
        "7",
        "null",
        "\"sha256:0\"",
        &format!("\"{}\"", "A".repeat(65)),
    ] {
        assert!(
            key(&format!(r#"{{"type":"join","webhookEventId":{odd}}}"#))
                .as_str()
                .starts_with("sha256:")
        );
    }
    assert_ne!(key("garbage"), key("other garbage"));
}
