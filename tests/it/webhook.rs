//! What LINE's endpoint answers, with the whole suite behind it.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use service_kit::http_client::send;

use crate::house::{House, NOON, join_text};

/// Signs as LINE does. Written here once more, so that a slip in the product's own code shows.
pub(crate) fn signature(house: &House, body: &str) -> String {
    signed_with(&house.ready.line.channel_secret, body)
}

/// The same, with the secret at hand.
pub(crate) fn signed_with(secret: &SecretString, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, body.as_bytes()))
}

pub(crate) async fn deliver(house: &House, body: &str, signature: Option<&str>) -> StatusCode {
    let mut request = house
        .http
        .post(house.ready.webhook.clone())
        .body(body.to_owned());
    if let Some(signature) = signature {
        request = request.header("x-line-signature", signature);
    }
    send(request).await.unwrap().status()
}

pub(crate) async fn deliver_signed(house: &House, body: &Value) -> StatusCode {
    let body = body.to_string();
    let signature = signature(house, &body);
    deliver(house, &body, Some(&signature)).await
}

fn delivery(house: &House, events: &[Value]) -> Value {
    json!({ "destination": house.ready.line.bot_user_id, "events": events })
}

/// An event that was never seen before, as LINE would send it.
pub(crate) fn event(number: u32, kind: &str, rest: &Value) -> Value {
    let mut event = json!({
        "type": kind, "mode": "active", "timestamp": NOON.as_millis(),
        "webhookEventId": format!("01HKAIIN{number:018}"), "deliveryContext": { "isRedelivery": false },
    });
    event
        .as_object_mut()
        .unwrap()
        .extend(rest.as_object().unwrap().clone());
    event
}

#[tokio::test]
async fn a_wrong_or_missing_signature_is_401_and_leaves_nothing_behind() {
    let house = House::start().await;
    let stranger = house.friend("Chen").await;
    let said = event(
        1,
        "message",
        &json!({
            "replyToken": "0".repeat(31), "source": { "type": "user", "userId": stranger.id },
            "message": { "type": "text", "id": "1", "text": "let me in" },
        }),
    );
    let body = delivery(&house, &[said]).to_string();
    let right = signature(&house, &body);
    let other = signature(&house, &format!("{body} "));
    for wrong in [None, Some(""), Some(other.as_str()), Some("not base64!")] {
        assert_eq!(
            deliver(&house, &body, wrong).await,
            StatusCode::UNAUTHORIZED,
            "{wrong:?}"
        );
    }
    // Had one of them been stored, this would be a duplicate of it and nobody would answer.
    assert_eq!(deliver(&house, &body, Some(&right)).await, StatusCode::OK);
    house.stop().await;
}

#[tokio::test]
async fn the_connectivity_check_is_welcome() {
    let house = House::start().await;
    assert_eq!(
        deliver_signed(&house, &delivery(&house, &[])).await,
        StatusCode::OK
    );
    house.stop().await;
}

#[tokio::test]
async fn an_unknown_event_in_the_middle_costs_the_others_nothing() {
    let house = House::start().await;
    let (chen, dao) = (house.friend("Chen").await, house.friend("Dao").await);
    let body = json!({ "events": [
        { "golden": "text", "person": chen.id },
        event(1, "telepathy", &json!({ "thought": { "depth": 3 } })),
        { "golden": "text", "person": dao.id },
    ] });
    house.sim.post("events", &body).await.unwrap();
    assert_eq!(chen.hear().await.unwrap(), join_text(&house));
    assert_eq!(dao.hear().await.unwrap(), join_text(&house));
    house.stop().await;
}

#[tokio::test]
async fn a_signed_body_that_is_not_json_is_kept_aside_and_accepted() {
    let house = House::start().await;
    let body = "this is not JSON";
    let right = signature(&house, body);
    assert_eq!(deliver(&house, body, Some(&right)).await, StatusCode::OK);
    let stranger = house.friend("Chen").await;
    assert_eq!(
        stranger.ask("still there?").await.unwrap(),
        join_text(&house)
    );
    house.stop().await;
}
