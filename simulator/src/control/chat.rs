//! What people write and send, take back and change.

use axum::extract::State;
use problem::{Json, Path, Problem, Query};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::emit::{Waiting, emit, user_source};
use super::{Answer, conflict, nobody};
use crate::app::App;
use crate::webhook::Sketch;
use crate::world::{Friendship, Item, World};

/// Golden messages that people can send.
const KINDS: [&str; 7] = [
    "text", "sticker", "image", "video", "audio", "file", "location",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Say {
    text: String,
    /// A group or room they are in, instead of the chat with the bot.
    chat: Option<String>,
    /// Whether the text starts by mentioning the bot.
    #[serde(default)]
    mention_bot: bool,
}

pub(super) async fn say(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(waiting): Query<Waiting>,
    Json(say): Json<Say>,
) -> Answer {
    let mut message = json!({"text": say.text});
    if say.mention_bot {
        let mention = format!("@{}", app.bot_name);
        message["text"] = format!("{mention} {}", say.text).into();
        message["mention"] = json!({"mentionees": [{
            "index": 0,
            "length": mention.encode_utf16().count(),
            "type": "user",
            "userId": app.credentials.bot_user_id,
            "isSelf": true,
        }]});
    }
    emit(&app, waiting, |world, now| {
        send_message(world, &id, say.chat.as_deref(), "text", &message, now)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Send {
    chat: Option<String>,
    /// Fields of the message that differ from the golden one.
    #[serde(default)]
    message: Map<String, Value>,
}

pub(super) async fn send(
    State(app): State<App>,
    Path((id, kind)): Path<(String, String)>,
    Query(waiting): Query<Waiting>,
    Json(send): Json<Send>,
) -> Answer {
    let kind = KINDS
        .into_iter()
        .find(|known| *known == kind)
        .ok_or_else(Problem::not_found)?;
    emit(&app, waiting, |world, now| {
        let message = Value::Object(send.message);
        send_message(world, &id, send.chat.as_deref(), kind, &message, now)
    })
    .await
}

/// Where `person` may write: the event's source, the chat's name on phones, everybody who sees it, and
/// whether the bot does.
pub(super) fn place(
    world: &World,
    person: &str,
    chat: Option<&str>,
) -> Result<(Value, String, Vec<String>, bool), Problem> {
    let writer = world.people.get(person).ok_or_else(nobody)?;
    let Some(chat) = chat.filter(|chat| *chat != "bot") else {
        if writer.friendship == Friendship::Blocked {
            return Err(conflict("they have blocked the bot"));
        }
        return Ok((user_source(person), "bot".into(), vec![person.into()], true));
    };
    let group = world
        .groups
        .get(chat)
        .filter(|group| group.members.iter().any(|member| member == person))
        .ok_or_else(|| Problem::not_found().detail("they are in no such chat"))?;
    let source = group.source(Some(person));
    Ok((source, group.id.clone(), group.members.clone(), group.bot))
}

/// Shows a message of `person` and draws its event; no event where the bot is not there.
pub(super) fn send_message(
    world: &mut World,
    person: &str,
    chat: Option<&str>,
    golden: &str,
    message: &Value,
    now: i64,
) -> Result<Option<Value>, Problem> {
    let (source, chat, seen_by, bot) = place(world, person, chat)?;
    if let Some(writer) = world.people.get_mut(person).filter(|_| chat == "bot") {
        writer.chatted_at = Some(now);
    }
    let sketch = Sketch {
        golden,
        source: Some(source),
        patch: json!({"message": message}),
    };
    let Some(event) = sketch.draw(world, now) else {
        return Ok(None);
    };
    let mut shown = event["message"].clone();
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("quoteToken");
        fields.remove("markAsReadToken");
    }
    let id = shown["id"].as_str().unwrap_or_default().to_owned();
    let mut item = Item::new(now, &chat, person, id, shown);
    if chat != "bot" {
        item.sender = world.people.get(person).map(|writer| writer.name.clone());
    }
    world.show(&seen_by, &item);
    Ok(bot.then_some(event))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unsend {
    message_id: String,
}

pub(super) async fn unsend(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(waiting): Query<Waiting>,
    Json(unsend): Json<Unsend>,
) -> Answer {
    emit(&app, waiting, |world, now| {
        let chat = own_message(world, &id, &unsend.message_id)?;
        let (source, _, _, bot) = place(world, &id, Some(&chat))?;
        world.amend(&unsend.message_id, |item| item.unsent = true);
        let sketch = Sketch {
            golden: "unsend",
            source: Some(source),
            patch: json!({"unsend": {"messageId": unsend.message_id}}),
        };
        Ok(sketch.draw(world, now).filter(|_| bot))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    message_id: String,
    text: String,
}

/// Changes a text in a group; LINE has this in groups only.
pub(super) async fn edit(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(waiting): Query<Waiting>,
    Json(edit): Json<Edit>,
) -> Answer {
    emit(&app, waiting, |world, now| {
        let chat = own_message(world, &id, &edit.message_id)?;
        if !chat.starts_with('C') {
            return Err(conflict("messages are edited in groups only"));
        }
        let (source, _, _, bot) = place(world, &id, Some(&chat))?;
        world.amend(&edit.message_id, |item| {
            let mut message = (*item.message).clone();
            message["text"] = edit.text.as_str().into();
            item.message = message.into();
        });
        let sketch = Sketch {
            golden: "edited",
            source: Some(source),
            patch: json!({"message": {"id": edit.message_id, "text": edit.text}}),
        };
        Ok(sketch.draw(world, now).filter(|_| bot))
    })
    .await
}

/// The chat in which `person` wrote message `id`.
fn own_message(world: &World, person: &str, id: &str) -> Result<String, Problem> {
    let writer = world.people.get(person).ok_or_else(nobody)?;
    writer
        .phone
        .iter()
        .find(|item| item.id == id && item.from == person && !item.unsent)
        .map(|item| item.chat.clone())
        .ok_or_else(|| Problem::not_found().detail("they wrote no such message"))
}
