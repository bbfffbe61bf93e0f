//! Buttons: postbacks by hand, and taps on what a message offers.

use axum::extract::State;
use problem::{Json, Path, Problem, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::chat::{place, send_message};
use super::emit::{Waiting, emit};
use super::{Answer, nobody};
use crate::app::App;
use crate::webhook::Sketch;
use crate::world::{Item, World};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Postback {
    data: String,
    params: Option<Value>,
    chat: Option<String>,
}

pub(super) async fn postback(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(waiting): Query<Waiting>,
    Json(postback): Json<Postback>,
) -> Answer {
    emit(&app, waiting, |world, now| {
        let body = json!({"data": postback.data, "params": postback.params});
        post_back(world, &id, postback.chat.as_deref(), &body, now)
    })
    .await
}

fn post_back(
    world: &mut World,
    person: &str,
    chat: Option<&str>,
    postback: &Value,
    now: i64,
) -> Result<Option<Value>, Problem> {
    let (source, _, _, bot) = place(world, person, chat)?;
    let sketch = Sketch {
        golden: "postback",
        source: Some(source),
        patch: json!({"postback": postback}),
    };
    Ok(sketch.draw(world, now).filter(|_| bot))
}

/// Which button of which message; by default the first of the last message that has any.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Press {
    message_id: Option<String>,
    label: Option<String>,
    index: Option<usize>,
    /// The date or time picked.
    value: Option<String>,
}

pub(super) async fn press(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(waiting): Query<Waiting>,
    Json(press): Json<Press>,
) -> Answer {
    let (chat, action) = app.world(|world| find(world, &id, &press))?;
    let chat = chat.as_str();
    match action["type"].as_str() {
        Some("uri") => Ok(Json(json!({"open": action["uri"]}))),
        Some("clipboard") => Ok(Json(json!({"copied": action["clipboardText"]}))),
        Some("message") => {
            let text = json!({"text": action["text"]});
            emit(&app, waiting, |world, now| {
                send_message(world, &id, Some(chat), "text", &text, now)
            })
            .await
        }
        Some("postback") => {
            emit(&app, waiting, |world, now| {
                let (_, chat, seen_by, _) = place(world, &id, Some(chat))?;
                if let Some(text) = action["displayText"].as_str() {
                    let message = json!({"type": "text", "text": text});
                    let shown = world.message_id();
                    world.show(&seen_by, &Item::new(now, &chat, &id, shown, message));
                }
                post_back(
                    world,
                    &id,
                    Some(&chat),
                    &json!({"data": action["data"]}),
                    now,
                )
            })
            .await
        }
        Some("datetimepicker") => {
            let mode = action["mode"].as_str().unwrap_or("date");
            let picked = press
                .value
                .or_else(|| action["initial"].as_str().map(str::to_owned))
                .ok_or_else(|| Problem::bad_request("say which value was picked"))?;
            let postback = json!({"data": action["data"], "params": {mode: picked}});
            emit(&app, waiting, |world, now| {
                post_back(world, &id, Some(chat), &postback, now)
            })
            .await
        }
        _ => Err(Problem::bad_request(
            "this kind of button does nothing here",
        )),
    }
}

fn find(world: &World, person: &str, press: &Press) -> Result<(String, Value), Problem> {
    let person = world.people.get(person).ok_or_else(nobody)?;
    let wanted = |item: &&Item| match &press.message_id {
        Some(id) => item.id == *id,
        None => item.from == "bot" && !actions(&item.message).is_empty(),
    };
    let missing = || Problem::not_found().detail("there is no such button");
    let item = person.phone.iter().rev().find(wanted).ok_or_else(missing)?;
    let offered = actions(&item.message);
    let action = match &press.label {
        Some(label) => offered.iter().find(|action| action["label"] == **label),
        None => offered.get(press.index.unwrap_or(0)),
    };
    let action = action.copied().cloned().ok_or_else(missing)?;
    Ok((item.chat.clone(), action))
}

/// Every action that a message offers, in reading order, wherever it stands.
fn actions(value: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found
}

fn collect<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("action" | "defaultAction", action) => found.push(action),
                    ("actions", Value::Array(actions)) => found.extend(actions),
                    _ => collect(value, found),
                }
            }
        }
        _ => {}
    }
}
