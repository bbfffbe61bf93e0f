//! Nothing personal and nothing secret shows itself in what a log could print.

use std::error::Error as _;
use std::fmt::Debug;

use line_api::event::{Delivery, ReplyToken};
use line_api::login::{CodeVerifier, ISSUER, Login, LoginChannel, Nonce, State, WebVerifier};
use line_api::messaging::{Message, Messages, Messaging, Multicast, Push, RetryKey};
use line_api::signature::ChannelSecrets;
use line_api::{ChatId, UserId};
use secrecy::SecretString;
use serde_json::json;
use service_kit::Clock;
use url::Url;

use crate::receiver::{Receiver, Reply, client, nobody};

const ALICE: &str = "Ua11ce000000000000000000000000000";
const CANARY: &str = "canary";

fn assert_silent(shown: &str) {
    for secret in [CANARY, ALICE, "a11ce"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

fn shown(value: impl Debug) {
    assert_silent(&format!("{value:?}"));
    assert_silent(&format!("{value:#?}"));
}

#[test]
fn events_do_not_show_people() {
    let source = json!({ "type": "group", "groupId": format!("C{CANARY}"), "userId": ALICE });
    let events: Vec<_> = [
        json!({ "type": "message", "message": { "id": "1", "type": "text", "text": CANARY, "quoteToken": CANARY, "markAsReadToken": CANARY, "mention": { "mentionees": [{ "userId": ALICE }] } } }),
        json!({ "type": "message", "message": { "id": "1", "type": "location", "title": CANARY, "address": CANARY } }),
        json!({ "type": "message", "message": { "id": "1", "type": "file", "fileName": CANARY } }),
        json!({ "type": "message", "message": { "id": "1", "type": "sticker", "keywords": [CANARY], "text": CANARY } }),
        json!({ "type": "message", "message": { "id": "1", "type": "image", "contentProvider": { "type": "external", "originalContentUrl": CANARY } } }),
        json!({ "type": "message", "message": { "type": CANARY } }),
        json!({ "type": "postback", "postback": { "data": CANARY, "params": { "date": CANARY } } }),
        json!({ "type": "memberJoined", "joined": { "members": [{ "type": "user", "userId": ALICE }] } }),
        json!({ "type": "accountLink", "link": { "result": "ok", "nonce": CANARY } }),
        json!({ "type": "delivery", "delivery": { "data": CANARY } }),
    ]
    .into_iter()
    .map(|mut event| {
        event["source"] = source.clone();
        event["replyToken"] = json!(CANARY);
        event
    })
    .collect();
    let body = json!({ "destination": ALICE, "events": events }).to_string();
    shown(Delivery::parse(body.as_bytes()).unwrap());
}

#[test]
fn identifiers_secrets_and_messages_do_not_show_themselves() {
    let secret = || SecretString::from(CANARY);
    let alice = UserId::parse(ALICE).unwrap();
    shown(&alice);
    shown(ChatId::from(&alice));
    assert_silent(&UserId::parse(format!("{ALICE}0")).unwrap_err().to_string());
    shown(ReplyToken::parse(CANARY).unwrap());
    shown(ChannelSecrets::parse(&secret()).unwrap());
    shown((
        State::from_stored(CANARY),
        Nonce::from_stored(CANARY),
        CodeVerifier::from_stored(CANARY),
    ));
    let text = Messages::new(vec![
        Message::text(CANARY).unwrap(),
        Message::from_json(
            json!({ "type": "flex", "altText": CANARY, "contents": { "type": "bubble", "x": CANARY } }),
        )
        .unwrap(),
    ])
    .unwrap();
    shown(Push::new(&alice, text.clone()));
    shown(Multicast::new(vec![alice], text).unwrap());

    let base = Url::parse("http://127.0.0.1:1").unwrap();
    let channel = LoginChannel {
        id: "1".into(),
        secret: secret(),
        redirect_uri: base.clone(),
    };
    shown(WebVerifier::new(&channel, ISSUER, Clock::system()));
    shown(Login::new(client(), channel, &base, base.clone()));
    shown(Messaging::new(client(), base, secret()));
}

#[tokio::test]
async fn errors_do_not_show_whom_a_call_was_about() {
    let alice = UserId::parse(ALICE).unwrap();
    let line = Messaging::new(client(), nobody().await, SecretString::from(CANARY));
    let error = line.profile(&alice).await.unwrap_err();
    shown(&error);
    let mut cause = error.source();
    assert_silent(&error.to_string());
    while let Some(error) = cause {
        assert_silent(&error.to_string());
        cause = error.source();
    }
    let push = Push::new(&alice, Messages::text(CANARY).unwrap());
    shown(line.push(&push, RetryKey::random()).await.unwrap_err());
}

#[tokio::test]
async fn answers_do_not_show_tokens_and_people() {
    let receiver = Receiver::answering([
        Reply::json(200, &json!({ "access_token": CANARY, "id_token": CANARY, "refresh_token": CANARY, "token_type": "Bearer" })),
        Reply::json(200, &json!({ "sub": ALICE, "name": CANARY, "picture": CANARY })),
        Reply::json(200, &json!({ "access_token": CANARY })),
        Reply::json(200, &json!({ "access_token": CANARY, "id_token": CANARY })),
        Reply::json(200, &json!({ "userId": ALICE, "displayName": CANARY, "statusMessage": CANARY, "pictureUrl": CANARY })),
        Reply::json(200, &json!({ "sentMessages": [{ "id": "1", "quoteToken": CANARY }] })),
    ])
    .await;
    let (access, redirect_uri) = (receiver.base.clone(), receiver.base.clone());
    let channel = LoginChannel {
        id: "1".into(),
        secret: SecretString::from(CANARY),
        redirect_uri,
    };
    let login = Login::new(client(), channel, &access, receiver.base.clone());
    let (code, verifier) = (
        SecretString::from(CANARY),
        CodeVerifier::from_stored(CANARY),
    );
    shown(login.exchange(&code, &verifier).await.unwrap());
    shown(login.userinfo(&code).await.unwrap());
    shown(login.channel_token().await.unwrap());
    shown(login.exchange(&code, &verifier).await.unwrap_err());

    let line = Messaging::new(client(), receiver.base.clone(), SecretString::from(CANARY));
    let alice = UserId::parse(ALICE).unwrap();
    shown(line.profile(&alice).await.unwrap());
    shown(
        line.push(
            &Push::new(&alice, Messages::text("hi").unwrap()),
            RetryKey::random(),
        )
        .await
        .unwrap(),
    );
}
