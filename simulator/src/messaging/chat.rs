//! Small signs in the chat, and content that people sent.

use axum::extract::State;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use http::StatusCode;
use problem::{Json, Path};
use serde_json::{Value, json};

use super::refusal::Detail;
use super::{Answer, Refusal, body, empty};
use crate::app::App;
use crate::ids;

pub(crate) async fn loading(State(app): State<App>, bytes: Bytes) -> Answer {
    let body = body::object(&bytes)?;
    let chat = body["chatId"].as_str().unwrap_or_default();
    if !ids::is('U', chat) {
        return Err(Refusal::details(&[Detail {
            property: "chatId".into(),
            message: "Only user id is acceptable, please confirm if there are any group/room ids or illegal ids.".into(),
        }]));
    }
    let seconds = match &body["loadingSeconds"] {
        Value::Null => 20,
        value => value
            .as_i64()
            .ok_or_else(|| Refusal::property("loadingSeconds"))?,
    };
    let wrong = |message: &str| {
        Err(Refusal::details(&[Detail {
            property: "loadingSeconds".into(),
            message: message.into(),
        }]))
    };
    if !(5..=60).contains(&seconds) {
        return wrong("Must be between 5 and 60");
    }
    if seconds % 5 != 0 {
        return wrong("must be a multiple of five");
    }
    let now = app.now();
    app.world(|world| {
        if let Some(person) = world.people.get_mut(chat).filter(|p| p.is_friend()) {
            person.loading_until = now + seconds * 1000;
            world.tell(|| json!({"type": "loading", "person": chat, "seconds": seconds}));
        }
    });
    Ok((StatusCode::ACCEPTED, Json(json!({}))).into_response())
}

pub(crate) async fn mark_as_read(State(app): State<App>, bytes: Bytes) -> Answer {
    let body = body::object(&bytes)?;
    let token = body["markAsReadToken"]
        .as_str()
        .ok_or_else(|| Refusal::property("markAsReadToken"))?;
    app.world(|world| {
        let id = world.read_tokens.get(token).cloned().ok_or_else(|| {
            Refusal::bad(
                "Invalid markAsReadToken. Tokens must be used by the bot that received them via Webhook.",
            )
        })?;
        world.amend(&id, |item| item.read = true);
        Ok(empty())
    })
}

/// Nothing that people send here has bytes behind it.
pub(crate) async fn content(Path(_): Path<String>) -> Answer {
    Err(Refusal::new(StatusCode::NOT_FOUND, "not found"))
}
