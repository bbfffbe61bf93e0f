//! What each bad answer means, and whether the messages may have gone out.

use std::time::Duration;

use line_api::UserId;
use line_api::messaging::{Error, Messages, Messaging, Multicast, RetryKey};
use secrecy::SecretString;
use serde_json::{Value, json};
use service_kit::http_client::{self, Limits};
use url::Url;

use crate::receiver::{Receiver, Reply, client, hangs_up, nobody};

fn line(base: &Url) -> Messaging {
    Messaging::new(
        client(),
        base.clone(),
        SecretString::from("the-access-token"),
    )
}

async fn multicast(base: &Url) -> Result<line_api::messaging::Accepted, Error> {
    let alice = UserId::parse("Ua11ce000000000000000000000000000").unwrap();
    let multicast = Multicast::new(vec![alice], Messages::text("hello").unwrap()).unwrap();
    line(base).multicast(&multicast, RetryKey::random()).await
}

async fn refused(status: u16, body: &Value) -> Error {
    let reply = Reply::json(status, body).header("x-line-request-id", "req-1");
    let receiver = Receiver::answering([reply]).await;
    let error = multicast(&receiver.base).await.unwrap_err();
    assert_eq!(
        receiver.seen().len(),
        1,
        "nothing is repeated behind the caller's back"
    );
    assert_eq!(
        error.refusal().unwrap().request_id.as_deref(),
        Some("req-1")
    );
    error
}

#[tokio::test]
async fn the_status_decides() {
    let body = json!({ "message": "anything at all" });
    assert!(matches!(refused(400, &body).await, Error::BadRequest(_)));
    assert!(matches!(refused(401, &body).await, Error::Unauthorized(_)));
    assert!(matches!(refused(403, &body).await, Error::Forbidden(_)));
    assert!(matches!(refused(404, &body).await, Error::NotFound(_)));
    assert!(matches!(refused(410, &body).await, Error::Gone(_)));
    assert!(matches!(
        refused(413, &body).await,
        Error::PayloadTooLarge(_)
    ));
    assert!(matches!(refused(415, &body).await, Error::Unexpected(_)));
    assert!(matches!(refused(429, &body).await, Error::RateLimited(_)));
    assert!(matches!(refused(500, &body).await, Error::Server(_)));
    assert!(matches!(
        refused(503, &json!("down for repairs")).await,
        Error::Server(_)
    ));
}

#[tokio::test]
async fn only_a_refusal_says_that_nothing_was_sent() {
    for (status, definite, transient) in [
        (400, true, false),
        (429, true, true),
        (500, false, true),
        (302, false, false),
    ] {
        let error = refused(status, &json!({})).await;
        assert_eq!(
            (error.is_definite(), error.is_transient()),
            (definite, transient),
            "{status}"
        );
    }
}

#[tokio::test]
async fn p12_p13_the_two_meanings_of_429_are_told_apart() {
    let rate = json!({ "message": "The API rate limit has been exceeded. Try again later." });
    assert!(matches!(refused(429, &rate).await, Error::RateLimited(_)));
    let quota = json!({ "message": "You have reached your monthly limit." });
    let error = refused(429, &quota).await;
    assert!(matches!(error, Error::MonthlyLimit(_)));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn p18_the_recipient_that_line_names_is_found() {
    let in_message = json!({ "message": "The property, to[7], in the request body is invalid (line: -, column: -)" });
    assert_eq!(
        refused(400, &in_message)
            .await
            .refusal()
            .unwrap()
            .recipient(),
        Some(7)
    );
    let in_details = json!({
        "message": "The request body has 1 error(s)",
        "details": [{ "message": "invalid", "property": "to[499]" }],
    });
    let error = refused(400, &in_details).await;
    assert_eq!(error.refusal().unwrap().recipient(), Some(499));
    assert_eq!(error.refusal().unwrap().details[0].message, "invalid");
    for none in [
        "Failed to send messages",
        "photo[3] is odd",
        "to[x]",
        "to[",
        "to[99999999999999999999999]",
    ] {
        assert_eq!(
            refused(400, &json!({ "message": none }))
                .await
                .refusal()
                .unwrap()
                .recipient(),
            None,
            "{none}"
        );
    }
}

#[tokio::test]
async fn a_used_reply_token_is_named() {
    let error = refused(
        400,
        &json!({ "message": "Invalid reply token", "details": [] }),
    )
    .await;
    assert!(error.refusal().unwrap().names_reply_token());
    assert!(
        !refused(400, &json!({ "message": "Failed to send messages" }))
            .await
            .refusal()
            .unwrap()
            .names_reply_token()
    );
}

#[tokio::test]
async fn p15_a_retry_key_that_was_accepted_before_counts_as_accepted() {
    let body =
        json!({ "message": "The retry key is already accepted", "sentMessages": [{ "id": 77 }] });
    let reply = Reply::json(409, &body)
        .header("x-line-request-id", "new")
        .header("x-line-accepted-request-id", "old");
    let receiver = Receiver::answering([reply]).await;
    let accepted = multicast(&receiver.base).await.unwrap();
    assert!(accepted.before);
    assert_eq!(accepted.request_id.as_deref(), Some("new"));
    assert_eq!(accepted.accepted_request_id.as_deref(), Some("old"));
    assert_eq!(accepted.sent_messages[0].id, "77");
}

#[tokio::test]
async fn p16_so_it_does_without_the_header_that_says_so() {
    let receiver = Receiver::answering([Reply::new(409, "")]).await;
    let accepted = multicast(&receiver.base).await.unwrap();
    assert!(accepted.before && accepted.accepted_request_id.is_none());
}

#[tokio::test]
async fn a_conflict_without_a_retry_key_is_none_of_that() {
    let receiver = Receiver::answering([Reply::new(409, "")]).await;
    let token = line_api::event::ReplyToken::parse("token").unwrap();
    let error = line(&receiver.base)
        .reply(&token, &Messages::text("hi").unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Conflict(_)));
}

#[tokio::test]
async fn p17_a_success_counts_whatever_its_body_is() {
    for body in [
        "",
        "<html>hello</html>",
        "[]",
        "{\"sentMessages\":7}",
        "null",
    ] {
        let receiver = Receiver::answering([Reply::new(200, body)]).await;
        let accepted = multicast(&receiver.base).await.unwrap();
        assert!(
            !accepted.before && accepted.sent_messages.is_empty(),
            "{body}"
        );
    }
}

#[tokio::test]
async fn p19_a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Receiver::answering([Reply::json(200, &json!({}))]).await;
        let redirect = Reply::new(status, "").header("location", elsewhere.base.to_string());
        let receiver = Receiver::answering([redirect]).await;
        assert!(matches!(
            multicast(&receiver.base).await,
            Err(Error::Unexpected(_))
        ));
        assert!(
            elsewhere.seen().is_empty(),
            "the access token must not travel"
        );
    }
}

#[tokio::test]
async fn p21_an_endless_answer_is_cut() {
    // Each would be read, were it not for its length.
    let padded = |json: Value| format!("{json}{}", " ".repeat(5_000_000));
    let sent = padded(json!({ "sentMessages": [{ "id": "1" }] }));
    let receiver = Receiver::answering([Reply::new(200, sent)]).await;
    let accepted = multicast(&receiver.base).await.unwrap();
    assert!(accepted.sent_messages.is_empty());
    let receiver = Receiver::answering([Reply::new(200, padded(json!({ "type": "none" })))]).await;
    let error = line(&receiver.base).quota().await.unwrap_err();
    assert!(matches!(error, Error::Unexpected(_)));
    let receiver = Receiver::answering([Reply::new(400, padded(json!({ "message": "no" })))]).await;
    let error = multicast(&receiver.base).await.unwrap_err();
    assert!(matches!(error, Error::BadRequest(refusal) if refusal.message.is_empty()));
}

#[tokio::test]
async fn without_an_answer_the_outcome_is_unknown() {
    let receiver = Receiver::answering([Reply::hang()]).await;
    let impatient = Limits {
        connect: Duration::from_secs(2),
        total: Duration::from_millis(300),
    };
    let line = Messaging::new(
        http_client::client(impatient),
        receiver.base.clone(),
        SecretString::from("the-access-token"),
    );
    let error = line
        .multicast_bytes("{}".into(), RetryKey::random())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Timeout(_)), "{error:?}");
    assert!(!error.is_definite() && error.is_transient());

    let error = multicast(&hangs_up("").await).await.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
    assert!(!error.is_definite() && error.is_transient());
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let error = multicast(&nobody().await).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    assert!(error.is_definite() && error.is_transient());
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_unexpected() {
    let receiver = Receiver::answering([Reply::new(200, "<html>")]).await;
    assert!(matches!(
        line(&receiver.base).quota().await,
        Err(Error::Unexpected(_))
    ));
    assert!(matches!(
        line(&receiver.base).consumption().await,
        Err(Error::Unexpected(_))
    ));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_acceptance_of_messages_but_no_answer_to_a_question() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"type\":";
    assert!(multicast(&hangs_up(half).await).await.is_ok());
    let error = line(&hangs_up(half).await).quota().await.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
}
