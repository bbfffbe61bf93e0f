//! The shape of each call, and what is read from its answer.

use line_api::UserId;
use line_api::event::ReplyToken;
use line_api::messaging::{Messages, Messaging, Multicast, Push, Quota, RetryKey, SendKind};
use secrecy::SecretString;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use crate::receiver::{Receiver, Reply, client};

fn alice() -> UserId {
    UserId::parse("Ua11ce000000000000000000000000000").unwrap()
}

fn hello() -> Messages {
    Messages::text("hello").unwrap()
}

fn line(receiver: &Receiver) -> Messaging {
    Messaging::new(
        client(),
        receiver.base.clone(),
        SecretString::from("the-access-token"),
    )
}

#[tokio::test]
async fn a_reply_carries_the_token_and_no_retry_key() {
    let sent =
        json!({ "sentMessages": [{ "id": "461230966842064897", "quoteToken": "IStG5h1Tz7b" }] });
    let receiver =
        Receiver::answering([Reply::json(200, &sent).header("x-line-request-id", "7d1b-req")])
            .await;
    let token = ReplyToken::parse("nHuyWiB7yP5Zw52FIkcQobQuGDXCTA").unwrap();
    let accepted = line(&receiver).reply(&token, &hello()).await.unwrap();
    assert_eq!(accepted.request_id.as_deref(), Some("7d1b-req"));
    assert_eq!(accepted.sent_messages[0].id, "461230966842064897");
    assert!(!accepted.before);

    let seen = receiver.only();
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/v2/bot/message/reply")
    );
    assert_eq!(
        seen.header("authorization"),
        Some("Bearer the-access-token")
    );
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("x-line-retry-key"), None);
    let body = json!({
        "replyToken": "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA",
        "messages": [{ "type": "text", "text": "hello" }],
    });
    assert_eq!(seen.json(), body);
}

#[tokio::test]
async fn push_and_multicast_send_the_stored_bytes_under_their_retry_key() {
    let receiver = Receiver::answering([Reply::json(200, &json!({}))]).await;
    let key = RetryKey::new(Uuid::from_u128(0x0123_4567_89ab_4def_8123_4567_89ab_cdef));
    let push = Push::new(alice(), hello());
    let multicast = Multicast::new(vec![alice()], hello()).unwrap();
    let line = line(&receiver);
    line.push(&push, key).await.unwrap();
    line.push_bytes(push.to_bytes(), key).await.unwrap();
    line.multicast(&multicast, key).await.unwrap();
    line.multicast_bytes(multicast.to_bytes(), key)
        .await
        .unwrap();

    let seen = receiver.seen();
    let paths: Vec<_> = seen.iter().map(|seen| seen.path.as_str()).collect();
    let (push_path, multicast_path) = ("/v2/bot/message/push", "/v2/bot/message/multicast");
    assert_eq!(
        paths,
        [push_path, push_path, multicast_path, multicast_path]
    );
    assert_eq!(seen[0].body, seen[1].body);
    assert_eq!(seen[2].body, multicast.to_bytes());
    assert_eq!(seen[3].body, multicast.to_bytes());
    for seen in &seen {
        assert_eq!(
            seen.header("x-line-retry-key"),
            Some("01234567-89ab-4def-8123-456789abcdef")
        );
    }
}

#[tokio::test]
async fn the_calls_about_the_account_are_read() {
    let receiver = Receiver::answering([
        Reply::json(200, &json!({ "type": "limited", "value": 200 })),
        Reply::json(200, &json!({ "type": "none" })),
        Reply::json(200, &json!({ "totalUsage": 57 })),
        Reply::json(200, &json!({ "userId": alice(), "basicId": "@kaiin", "displayName": "Kaiin", "chatMode": "bot" })),
        Reply::json(200, &json!({ "userId": alice(), "displayName": "Alice", "language": "zh-TW", "new": 1 })),
    ])
    .await;
    let line = line(&receiver);
    assert_eq!(line.quota().await.unwrap(), Quota::Limited { value: 200 });
    assert_eq!(line.quota().await.unwrap(), Quota::None);
    assert_eq!(line.consumption().await.unwrap(), 57);
    assert_eq!(line.bot_info().await.unwrap().basic_id, "@kaiin");
    let profile = line.profile(&alice()).await.unwrap();
    assert_eq!(profile.display_name.as_str(), "Alice");
    assert_eq!(profile.language.as_deref(), Some("zh-TW"));

    let asked: Vec<_> = receiver
        .seen()
        .iter()
        .map(|seen| format!("{} {}", seen.method, seen.path))
        .collect();
    assert_eq!(
        asked,
        [
            "GET /v2/bot/message/quota",
            "GET /v2/bot/message/quota",
            "GET /v2/bot/message/quota/consumption",
            "GET /v2/bot/info",
            "GET /v2/bot/profile/Ua11ce000000000000000000000000000",
        ]
    );
}

#[tokio::test]
async fn the_webhook_can_be_read_set_and_tried() {
    let tried = json!({ "success": false, "timestamp": "2026-11-21T10:00:00Z", "statusCode": 0, "reason": "COULD_NOT_CONNECT" });
    let receiver = Receiver::answering([
        Reply::json(
            200,
            &json!({ "endpoint": "https://bot.example/callback", "active": true }),
        ),
        Reply::json(200, &json!({})),
        Reply::json(200, &tried),
        Reply::json(200, &tried),
    ])
    .await;
    let line = line(&receiver);
    let endpoint = Url::parse("https://bot.example/callback").unwrap();
    assert!(line.webhook_endpoint().await.unwrap().active);
    line.set_webhook_endpoint(&endpoint).await.unwrap();
    let test = line.test_webhook(None).await.unwrap();
    assert_eq!(
        (test.success, test.reason.as_deref()),
        (false, Some("COULD_NOT_CONNECT"))
    );
    line.test_webhook(Some(&endpoint)).await.unwrap();

    let seen = receiver.seen();
    assert_eq!(
        (seen[1].method.as_str(), seen[1].path.as_str()),
        ("PUT", "/v2/bot/channel/webhook/endpoint")
    );
    assert_eq!(
        seen[1].json(),
        json!({ "endpoint": "https://bot.example/callback" })
    );
    assert_eq!(
        (seen[2].path.as_str(), seen[2].json()),
        ("/v2/bot/channel/webhook/test", json!({}))
    );
    assert_eq!(
        seen[3].json(),
        json!({ "endpoint": "https://bot.example/callback" })
    );
}

#[tokio::test]
async fn validation_and_the_loading_animation_only_have_to_succeed() {
    let receiver = Receiver::answering([Reply::json(200, &json!({})), Reply::new(202, "{}")]).await;
    let line = line(&receiver);
    line.validate(SendKind::Multicast, &hello()).await.unwrap();
    line.start_loading(&alice(), 20).await.unwrap();
    let seen = receiver.seen();
    assert_eq!(seen[0].path, "/v2/bot/message/validate/multicast");
    assert_eq!(
        seen[0].json(),
        json!({ "messages": [{ "type": "text", "text": "hello" }] })
    );
    assert_eq!(seen[1].path, "/v2/bot/chat/loading/start");
    assert_eq!(
        seen[1].json(),
        json!({ "chatId": alice(), "loadingSeconds": 20 })
    );
}

#[tokio::test]
async fn a_base_url_may_have_a_path() {
    let receiver = Receiver::answering([Reply::json(200, &json!({ "type": "none" }))]).await;
    for base in ["/line", "/line/"] {
        let base = receiver.base.join(base).unwrap();
        Messaging::new(client(), base, SecretString::from("token"))
            .quota()
            .await
            .unwrap();
    }
    for seen in receiver.seen() {
        assert_eq!(seen.path, "/line/v2/bot/message/quota");
    }
}
