//! Message objects within and beyond their limits.

use serde_json::{Value, json};

use crate::stage::Stage;

async fn check(stage: &Stage, message: Value) -> (u16, Value) {
    let body = json!({"messages": [message]});
    stage.call("/v2/bot/message/validate/push", body).await
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[tokio::test]
async fn errors_are_counted_and_named() {
    let stage = Stage::start().await;
    let body = json!({"messages": [text(""), {"type": "sticker", "packageId": "1"}]});
    let (status, answer) = stage.call("/v2/bot/message/validate/push", body).await;
    assert_eq!(status, 400);
    assert_eq!(answer["message"], "The request body has 2 error(s)");
    assert_eq!(
        answer["details"],
        json!([
            {"message": "May not be empty", "property": "messages[0].text"},
            {"message": "May not be empty", "property": "messages[1].stickerId"},
        ])
    );
}

#[tokio::test]
async fn one_to_five_messages() {
    let stage = Stage::start().await;
    for (count, status) in [(0, 400), (1, 200), (5, 200), (6, 400)] {
        let body = json!({"messages": vec![text("x"); count]});
        let (got, answer) = stage.call("/v2/bot/message/validate/push", body).await;
        assert_eq!(got, status, "{count}");
        if status == 400 {
            let detail = json!({"message": "Size must be between 1 and 5", "property": "messages"});
            assert_eq!(answer["details"], json!([detail]));
        }
    }
}

#[tokio::test]
async fn a_text_has_5000_utf16_units() {
    let stage = Stage::start().await;
    assert_eq!(check(&stage, text(&"會".repeat(5000))).await.0, 200);
    assert_eq!(check(&stage, text(&"😀".repeat(2500))).await.0, 200);
    let (status, answer) = check(&stage, text(&"😀".repeat(2501))).await;
    assert_eq!(status, 400);
    assert_eq!(
        answer["details"][0]["message"],
        "Length must be between 0 and 5000"
    );
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_named() {
    let stage = Stage::start().await;
    let (status, answer) = check(&stage, json!({"type": "text", "text": 5})).await;
    assert_eq!(status, 400);
    assert_eq!(
        answer["message"],
        "The property, messages[0].text, in the request body is invalid (line: -, column: -)"
    );
}

#[tokio::test]
async fn an_unknown_type_lists_the_known_ones() {
    let stage = Stage::start().await;
    let (status, answer) = check(&stage, json!({"type": "hologram"})).await;
    assert_eq!(status, 400);
    let text = answer["details"][0]["message"].as_str().unwrap();
    assert!(
        text.starts_with("Must be one of the following values: [text, "),
        "{text}"
    );
}

#[tokio::test]
async fn labels_are_counted_in_characters_that_readers_see() {
    let stage = Stage::start().await;
    let quick = |label: String| {
        let action = json!({"type": "message", "label": label, "text": "x"});
        let items = json!([{"type": "action", "action": action}]);
        json!({"type": "text", "text": "x", "quickReply": {"items": items}})
    };
    // A family of four is one character to a reader and eleven UTF-16 units.
    let family = "👨‍👩‍👧‍👦";
    assert_eq!(check(&stage, quick(family.repeat(20))).await.0, 200);
    assert_eq!(check(&stage, quick(family.repeat(21))).await.0, 400);
}

#[tokio::test]
async fn at_most_13_quick_replies() {
    let stage = Stage::start().await;
    let item = json!({"type": "action",
        "action": {"type": "message", "label": "x", "text": "x"}});
    for (count, status) in [(13, 200), (14, 400)] {
        let items = vec![item.clone(); count];
        let message = json!({"type": "text", "text": "x", "quickReply": {"items": items}});
        assert_eq!(check(&stage, message).await.0, status);
    }
}

#[tokio::test]
async fn pictures_need_https() {
    let stage = Stage::start().await;
    let image = |url: &str| json!({"type": "image", "originalContentUrl": url, "previewImageUrl": "https://a.example/p.png"});
    assert_eq!(check(&stage, image("https://a.example/o.png")).await.0, 200);
    let (status, answer) = check(&stage, image("http://a.example/o.png")).await;
    assert_eq!(status, 400);
    assert_eq!(answer["details"][0]["message"], "invalid uri");
}

#[tokio::test]
async fn every_documented_kind_passes() {
    let stage = Stage::start().await;
    let uri = json!({"type": "uri", "label": "Open", "uri": "https://a.example/"});
    let actions = json!([uri, {"type": "postback", "label": "P", "data": "d"}]);
    for message in [
        json!({"type": "textV2", "text": "{a} {{b}}", "substitution":
            {"a": {"type": "emoji", "productId": "p", "emojiId": "e"}}}),
        json!({"type": "sticker", "packageId": "446", "stickerId": "1988"}),
        json!({"type": "video", "originalContentUrl": "https://a.example/v.mp4",
            "previewImageUrl": "https://a.example/p.png"}),
        json!({"type": "audio", "originalContentUrl": "https://a.example/a.m4a", "duration": 1000}),
        json!({"type": "location", "title": "t", "address": "a", "latitude": 25.0, "longitude": 121.5}),
        json!({"type": "template", "altText": "a", "template":
            {"type": "buttons", "text": "t", "actions": actions}}),
        json!({"type": "template", "altText": "a", "template":
            {"type": "carousel", "columns": [{"text": "t", "actions": actions}]}}),
        json!({"type": "template", "altText": "a", "template": {"type": "image_carousel",
            "columns": [{"imageUrl": "https://a.example/i.png", "action": uri}]}}),
        json!({"type": "flex", "altText": "a", "contents": {"type": "bubble", "body":
            {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": "t"}]}}}),
    ] {
        let (status, answer) = check(&stage, message.clone()).await;
        assert_eq!(status, 200, "{message} {answer}");
    }
}

#[tokio::test]
async fn templates_and_flex_keep_their_limits() {
    let stage = Stage::start().await;
    let action = json!({"type": "message", "label": "x", "text": "x"});
    let template =
        |template: Value| json!({"type": "template", "altText": "a", "template": template});
    let columns =
        json!([{"text": "a", "actions": [action]}, {"text": "b", "actions": [action, action]}]);
    let bubble = json!({"type": "bubble", "body": {"type": "box", "layout": "vertical",
        "contents": vec![json!({"type": "text", "text": "x".repeat(1500)}); 21]}});
    for message in [
        template(json!({"type": "buttons", "text": "t", "actions": vec![action.clone(); 5]})),
        template(json!({"type": "buttons", "text": "x".repeat(161), "actions": [action]})),
        template(
            json!({"type": "buttons", "title": "t", "text": "x".repeat(61), "actions": [action]}),
        ),
        template(json!({"type": "confirm", "text": "t", "actions": [action]})),
        template(json!({"type": "carousel", "columns": columns})),
        json!({"type": "flex", "altText": "a", "contents": bubble}),
        json!({"type": "flex", "altText": "a".repeat(1501), "contents": {"type": "bubble"}}),
        json!({"type": "textV2", "text": "{nobody}"}),
        json!({"type": "text", "text": "x", "emojis": [{"index": 0, "productId": "p", "emojiId": "e"}]}),
    ] {
        assert_eq!(check(&stage, message.clone()).await.0, 400, "{message}");
    }
}
