//! What may be sent, and how it looks as JSON.

use line_api::messaging::{InvalidSend, Message, Messages, Multicast, Push};
use line_api::{ChatId, UserId};
use serde_json::{Value, json};

fn person(number: usize) -> UserId {
    UserId::parse(format!("U{number:032x}")).unwrap()
}

fn hello() -> Messages {
    Messages::text("hello").unwrap()
}

fn as_json(message: &Message) -> Value {
    serde_json::to_value(message).unwrap()
}

#[test]
fn messages_are_written_as_line_documents_them() {
    let url = |path: &str| url::Url::parse(&format!("https://example.com/{path}")).unwrap();
    assert_eq!(
        as_json(&Message::text("hi").unwrap()),
        json!({ "type": "text", "text": "hi" })
    );
    assert_eq!(
        as_json(&Message::Sticker {
            package_id: "446".into(),
            sticker_id: "1988".into()
        }),
        json!({ "type": "sticker", "packageId": "446", "stickerId": "1988" })
    );
    assert_eq!(
        as_json(&Message::Image {
            original_content_url: url("o.jpg"),
            preview_image_url: url("p.jpg")
        }),
        json!({
            "type": "image",
            "originalContentUrl": "https://example.com/o.jpg",
            "previewImageUrl": "https://example.com/p.jpg",
        })
    );
    assert_eq!(
        as_json(&Message::Location {
            title: "t".into(),
            address: "a".into(),
            latitude: 25.0,
            longitude: 121.5
        }),
        json!({ "type": "location", "title": "t", "address": "a", "latitude": 25.0, "longitude": 121.5 })
    );
    assert_eq!(
        as_json(&Message::Flex {
            alt_text: "a".into(),
            contents: json!({ "type": "bubble" })
        }),
        json!({ "type": "flex", "altText": "a", "contents": { "type": "bubble" } })
    );
    let coupon = json!({ "type": "coupon", "couponId": "01K" });
    assert_eq!(
        as_json(&Message::from_json(coupon.clone()).unwrap()),
        coupon
    );
}

#[test]
fn p02_a_text_has_1_to_5000_utf16_units() {
    assert!(Message::text("").is_err());
    assert!(Message::text("a".repeat(5000)).is_ok());
    assert!(Message::text("a".repeat(5001)).is_err());
    // Two units each, as LINE counts.
    assert!(Message::text("😀".repeat(2500)).is_ok());
    assert!(Message::text("😀".repeat(2501)).is_err());
    // Three bytes, one unit each.
    assert!(Message::text("会".repeat(5000)).is_ok());
}

#[test]
fn p02_what_line_would_refuse_for_certain_is_refused_before() {
    for wrong in [
        json!("text"),
        json!({}),
        json!({ "type": "text" }),
        json!({ "type": "text", "text": 7 }),
        json!({ "type": "textV2", "text": "" }),
        json!({ "type": "image", "originalContentUrl": "http://a.example/o", "previewImageUrl": "https://a.example/p" }),
        json!({ "type": "video", "originalContentUrl": "https://a.example/o" }),
        json!({ "type": "audio", "originalContentUrl": "nowhere", "duration": 1 }),
        json!({ "type": "location", "title": "t", "address": "a", "latitude": 91.0, "longitude": 0.0 }),
        json!({ "type": "flex", "altText": "a".repeat(1501), "contents": {} }),
        json!({ "type": "flex", "altText": "a", "contents": { "text": "a".repeat(50_000) } }),
        json!({ "type": "text", "text": "a", "quickReply": { "items": vec![json!({}); 14] } }),
    ] {
        assert!(Message::from_json(wrong.clone()).is_err(), "{wrong}");
    }
}

fn button(label: &str) -> Value {
    json!({ "type": "message", "label": label, "text": "hi" })
}

fn buttons(text: &str, title: Option<&str>, actions: usize) -> Value {
    let template = json!({ "type": "buttons", "text": text, "title": title, "actions": vec![button("a"); actions] });
    json!({ "type": "template", "altText": "a", "template": template })
}

fn carousel(counts: &[usize]) -> Value {
    let columns: Vec<_> = counts
        .iter()
        .map(|count| json!({ "text": "a", "actions": vec![button("a"); *count] }))
        .collect();
    json!({ "type": "template", "altText": "a", "template": { "type": "carousel", "columns": columns } })
}

fn flex(contents: &Value) -> Value {
    json!({ "type": "flex", "altText": "a", "contents": contents })
}

fn body(parts: &Value) -> Value {
    flex(
        &json!({ "type": "bubble", "body": { "type": "box", "layout": "vertical", "contents": parts } }),
    )
}

#[test]
fn p02_what_stands_within_the_limits_is_taken() {
    let family = "👨\u{200d}👩\u{200d}👧";
    for right in [
        // Graphemes, not units.
        buttons(&family.repeat(160), None, 4),
        buttons(&"a".repeat(60), Some(&"a".repeat(40)), 1),
        carousel(&[3; 10]),
        json!({ "type": "text", "text": "a$", "emojis": [{ "index": 1, "productId": "5", "emojiId": "1" }] }),
        json!({ "type": "textV2", "text": "{x}", "substitution": { "x": { "type": "emoji" } } }),
        body(&json!([{ "type": "text", "text": "a" }, { "type": "new", "size": 1 }])),
        flex(&json!({ "type": "carousel", "contents": vec![json!({ "type": "bubble" }); 12] })),
        json!({ "type": "coupon", "couponId": "01K" }),
        json!({ "type": "of tomorrow" }),
    ] {
        let taken = Message::from_json(right.clone());
        assert!(taken.is_ok(), "{right}: {taken:?}");
    }
}

#[test]
fn p02_what_is_wrong_is_said_with_its_place() {
    let quick = |action: Value| json!({ "type": "text", "text": "a", "quickReply": { "items": [{ "type": "action", "action": action }] } });
    for (wrong, says) in [
        (
            json!({ "type": "text" }),
            "`text` must have 1 to 5000 UTF-16 units",
        ),
        (json!({}), "`type` is missing"),
        (
            json!({ "type": "sticker", "packageId": "1" }),
            "`stickerId` is missing",
        ),
        (
            json!({ "type": "text", "text": "a$", "emojis": [{ "index": 0, "productId": "5", "emojiId": "1" }] }),
            "`emojis[0].index` must be the place of a $",
        ),
        (
            json!({ "type": "textV2", "text": "a", "substitution": { "a b": {} } }),
            "`substitution.a b` must be 1 to 20",
        ),
        (
            buttons(&"a".repeat(161), None, 1),
            "`template.text` must have 1 to 160",
        ),
        (
            buttons(&"a".repeat(61), Some("t"), 1),
            "`template.text` must have 1 to 60",
        ),
        (
            buttons("a", None, 5),
            "`template.actions` must have 1 to 4 items",
        ),
        (
            carousel(&[1, 2]),
            "`template.columns[1].actions` must be as many",
        ),
        (
            carousel(&[1; 11]),
            "`template.columns` must have 1 to 10 items",
        ),
        (
            json!({ "type": "template", "altText": "a", "template": { "type": "confirm", "text": "a", "actions": [button("a")] } }),
            "`template.actions` must have 2 items",
        ),
        (
            json!({ "type": "template", "altText": "a", "template": { "type": "image_carousel", "columns": [{ "imageUrl": "https://a.example/1", "action": button(&"a".repeat(13)) }] } }),
            "`template.columns[0].action.label` must have 1 to 12",
        ),
        (
            quick(button(&"a".repeat(21))),
            "`quickReply.items[0].action.label` must have 1 to 20",
        ),
        (
            quick(json!({ "type": "uri", "label": "a", "uri": "javascript:alert(1)" })),
            "`quickReply.items[0].action.uri` must be an address",
        ),
        (
            body(&json!([{ "type": "text", "text": "a" }, { "type": "text", "text": "" }])),
            "`contents.body.contents[1].text` is missing",
        ),
        (
            body(&json!([{ "type": "button", "action": { "type": "uri", "label": "a" } }])),
            "`contents.body.contents[0].action.uri` must be an address",
        ),
        (
            body(&json!([{ "type": "image", "url": "http://a.example/1.png" }])),
            "`contents.body.contents[0].url` must be an address (https)",
        ),
        (
            body(&json!([{ "type": "text", "text": "a".repeat(30 * 1024) }])),
            "`contents` must not exceed 30 KB",
        ),
        (
            flex(&json!({ "type": "carousel", "contents": vec![json!({ "type": "bubble" }); 13] })),
            "`contents.contents` must have 1 to 12 items",
        ),
        (
            flex(&json!({ "type": "bubbel" })),
            "`contents.type` must be one of bubble, carousel",
        ),
    ] {
        let error = Message::from_json(wrong).unwrap_err().to_string();
        assert!(error.starts_with(says), "{error}\nnot\n{says}");
    }
}

#[test]
fn p02_one_to_five_messages_go_together() {
    let text = || Message::text("hi").unwrap();
    assert_eq!(Messages::new(vec![]).unwrap_err(), InvalidSend::Count);
    assert!(Messages::new(vec![text(); 5]).is_ok());
    assert_eq!(
        Messages::new(vec![text(); 6]).unwrap_err(),
        InvalidSend::Count
    );
    let empty = Message::Text {
        text: String::new(),
        quote_token: None,
        quick_reply: None,
    };
    let error = Messages::new(vec![text(), empty]).unwrap_err();
    assert!(matches!(error, InvalidSend::Message { index: 1, .. }));
}

#[test]
fn p01_p03_a_multicast_has_1_to_500_recipients() {
    let to = |count| Multicast::new((0..count).map(person).collect(), hello());
    assert_eq!(to(0).unwrap_err(), InvalidSend::Recipients);
    assert!(to(1).is_ok() && to(500).is_ok());
    assert_eq!(to(501).unwrap_err(), InvalidSend::Recipients);
}

#[test]
fn bodies_hold_what_was_chosen_and_nothing_else() {
    let push = Push::new(person(1), hello());
    let plain = json!({ "to": person(1), "messages": [{ "type": "text", "text": "hello" }] });
    assert_eq!(
        serde_json::from_slice::<Value>(&push.to_bytes()).unwrap(),
        plain
    );
    let group = Push::new(ChatId::parse("Cabc").unwrap(), hello())
        .silent()
        .unit("spring_2027")
        .unwrap();
    let body: Value = serde_json::from_slice(&group.to_bytes()).unwrap();
    assert_eq!(body["to"], "Cabc");
    assert_eq!(body["notificationDisabled"], true);
    assert_eq!(body["customAggregationUnits"], json!(["spring_2027"]));
    for wrong in ["", "spring 2027", &"a".repeat(31)] {
        assert_eq!(
            Push::new(person(1), hello()).unit(wrong).unwrap_err(),
            InvalidSend::Unit
        );
    }
    let multicast = Multicast::new(vec![person(1), person(2)], hello()).unwrap();
    assert_eq!(multicast.to_bytes(), multicast.clone().to_bytes());
    let body: Value = serde_json::from_slice(&multicast.to_bytes()).unwrap();
    assert_eq!(body["to"], json!([person(1), person(2)]));
}
