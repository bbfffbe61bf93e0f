//! One thing that happens: an event drawn, shown where people see it, delivered.

use problem::{Json, Problem};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use crate::app::App;
use crate::webhook::{self, Shape};
use crate::world::World;

/// Whether the caller waits for the bot's answer to the webhook; it does unless told otherwise.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Waiting {
    #[serde(default = "yes")]
    pub(super) wait: bool,
}

fn yes() -> bool {
    true
}

/// Changes the world by `act` and delivers the event that it returns, if any.
pub(super) async fn emit(
    app: &App,
    waiting: Waiting,
    act: impl FnOnce(&mut World, i64) -> Result<Option<Value>, Problem>,
) -> Answer {
    let now = app.now();
    let Some(event) = app.world(|world| act(world, now))? else {
        return Ok(Json(json!({"event": null, "delivery": null})));
    };
    let mut answer = json!({
        "event": event,
        "webhook_event_id": event["webhookEventId"],
        "message_id": event["message"]["id"],
        "delivery": null,
    });
    let delivery = webhook::deliver_event(app.clone(), event);
    if waiting.wait {
        answer["delivery"] = json!(delivery.await);
    } else {
        tokio::spawn(delivery);
    }
    Ok(Json(answer))
}

/// The event of the one-to-one chat between `person` and the bot.
pub(super) fn user_source(person: &str) -> Value {
    json!({"type": "user", "userId": person})
}

/// Delivers `event` without anybody waiting.
pub(super) fn deliver_soon(app: &App, event: Value) {
    let app = app.clone();
    tokio::spawn(async move { webhook::deliver(&app, vec![event], Shape::default()).await });
}
