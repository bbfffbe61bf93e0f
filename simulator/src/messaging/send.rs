//! Sending: reply, push, multicast, broadcast, and checking messages without sending.

use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use http::HeaderMap;
use problem::{Json, Path};
use serde_json::{Value, json};

use super::check::{self, Destination};
use super::{Answer, Refusal, body, empty};
use crate::app::App;
use crate::gate::Context;
use crate::ids;
use crate::world::{Friendship, Item, Part, Person, Retry, RetryVerdict, World};

const RETRY_KEY: &str = "x-line-retry-key";
/// Message types whose receipt carries a quote token.
const QUOTABLE: [&str; 7] = [
    "text", "textV2", "sticker", "image", "video", "template", "flex",
];

pub(crate) async fn reply(State(app): State<App>, headers: HeaderMap, bytes: Bytes) -> Answer {
    if headers.contains_key(RETRY_KEY) {
        return Err(Refusal::bad("The retry key is not supported by this API")
            .violating("replies take no retry key"));
    }
    let body = body::object(&bytes)?;
    let token = body["replyToken"]
        .as_str()
        .ok_or_else(|| Refusal::property("replyToken"))?;
    check::messages(&body, Destination::Many)?;
    check::envelope(&body)?;
    let now = app.now();
    app.world(|world| {
        let source = world
            .replies
            .take(token, now)
            .map_err(|_| Refusal::bad("Invalid reply token"))?;
        let chat = Chat::of(world, &source);
        let sent = deliver(world, &chat, &body, "reply", now);
        world
            .quota
            .note("reply", chat.reached(world).len() as u64, now);
        Ok(Json(json!({"sentMessages": sent})).into_response())
    })
}

pub(crate) async fn push(
    State(app): State<App>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let body = body::object(&bytes)?;
    let to = body["to"].as_str().ok_or_else(|| Refusal::property("to"))?;
    if !['U', 'C', 'R'].iter().any(|kind| ids::is(*kind, to)) {
        return Err(Refusal::property("to").violating("an ID of the wrong form"));
    }
    let destination = if to.starts_with('U') {
        Destination::User
    } else {
        Destination::Group
    };
    check::messages(&body, destination)?;
    check::envelope(&body)?;
    let retry = retry_of(&headers, "/v2/bot/message/push", &bytes)?;
    let now = app.now();
    app.world(|world| {
        refuse_replay(world, retry.as_ref(), now)?;
        let chat = Chat::find(world, to).ok_or_else(|| Refusal::bad("Failed to send messages"))?;
        let reached = chat.reached_by_push(world, now);
        world
            .quota
            .spend("push", reached.len() as u64, now)
            .map_err(|_| Refusal::month())?;
        let sent = deliver_to(world, &reached, &chat.id, &body, "push", now);
        if let Some(retry) = &retry {
            let id = &context.request_id;
            world.retries.accepted(retry, now, id, Some(sent.clone()));
        }
        Ok(Json(json!({"sentMessages": sent})).into_response())
    })
}

pub(crate) async fn multicast(
    State(app): State<App>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let body = body::object(&bytes)?;
    let to = recipients(&body)?;
    check::messages(&body, Destination::Many)?;
    check::envelope(&body)?;
    let retry = retry_of(&headers, "/v2/bot/message/multicast", &bytes)?;
    let now = app.now();
    app.world(|world| {
        refuse_replay(world, retry.as_ref(), now)?;
        if world.settings.refuse_unknown_multicast && !to.iter().all(|id| world.knows(id)) {
            return Err(Refusal::bad("Failed to send messages"));
        }
        to_many(world, &to, &body, "multicast", now)?;
        if let Some(retry) = &retry {
            world
                .retries
                .accepted(retry, now, &context.request_id, None);
        }
        Ok(empty())
    })
}

pub(crate) async fn broadcast(
    State(app): State<App>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Answer {
    let body = body::object(&bytes)?;
    check::messages(&body, Destination::Many)?;
    let retry = retry_of(&headers, "/v2/bot/message/broadcast", &bytes)?;
    let now = app.now();
    app.world(|world| {
        refuse_replay(world, retry.as_ref(), now)?;
        let to: Vec<String> = world.people.keys().cloned().collect();
        to_many(world, &to, &body, "broadcast", now)?;
        if let Some(retry) = &retry {
            world
                .retries
                .accepted(retry, now, &context.request_id, None);
        }
        Ok(empty())
    })
}

/// Not simulated: it needs an account with a target reach.
pub(crate) async fn narrowcast() -> Answer {
    Err(Refusal::plan())
}

pub(crate) async fn validate(Path(kind): Path<String>, bytes: Bytes) -> Answer {
    let destination = match kind.as_str() {
        "push" | "reply" | "multicast" | "narrowcast" | "broadcast" => Destination::Many,
        _ => return Err(Refusal::not_found()),
    };
    check::messages(&body::object(&bytes)?, destination)?;
    Ok(empty())
}

/// Notes the retry key of a request that a fault keeps from its handler, so that a changed repetition shows.
pub(crate) fn remember_retry_key(app: &App, asked: &Part, path: &str) {
    if let Ok(Some(retry)) = retry_of(&asked.headers, path, &asked.body) {
        let now = app.now();
        app.world(|world| world.retries.seen(&retry, now));
    }
}

fn retry_of(headers: &HeaderMap, path: &str, bytes: &[u8]) -> Result<Option<Retry>, Refusal> {
    let Some(key) = headers.get(RETRY_KEY) else {
        return Ok(None);
    };
    key.to_str()
        .ok()
        .filter(|key| key.len() == 36 && uuid::Uuid::try_parse(key).is_ok())
        .map(|key| Some(Retry::new(key, path, bytes)))
        .ok_or_else(|| Refusal::bad("The value for the 'X-Line-Retry-Key' header is invalid"))
}

fn refuse_replay(world: &mut World, retry: Option<&Retry>, now: i64) -> Result<(), Refusal> {
    let Some(retry) = retry else {
        return Ok(());
    };
    match world.retries.look_up(retry, now) {
        RetryVerdict::Fresh => Ok(()),
        RetryVerdict::Accepted(id, sent) => Err(Refusal::already_accepted(&id, sent)),
        RetryVerdict::Different => Err(Refusal::bad(
            "The retry key was used for a different request",
        )
        .violating("one retry key, two different requests")),
    }
}

fn recipients(body: &Value) -> Result<Vec<String>, Refusal> {
    let list = match &body["to"] {
        Value::Array(list) if (1..=500).contains(&list.len()) => list,
        Value::Array(_) => {
            return Err(Refusal::details(&[super::refusal::Detail {
                property: "to".into(),
                message: "Size must be between 1 and 500".into(),
            }]));
        }
        _ => return Err(Refusal::property("to")),
    };
    list.iter()
        .enumerate()
        .map(|(place, id)| match id.as_str() {
            Some(id) if ids::is('U', id) => Ok(id.to_owned()),
            _ => Err(Refusal::property(&format!("to[{place}]"))),
        })
        .collect()
}

/// Sends to each friend among `to`, once.
fn to_many(
    world: &mut World,
    to: &[String],
    body: &Value,
    kind: &'static str,
    now: i64,
) -> Result<(), Refusal> {
    let mut reached: Vec<String> = to
        .iter()
        .filter(|id| world.people.get(*id).is_some_and(Person::is_friend))
        .cloned()
        .collect();
    reached.sort();
    reached.dedup();
    world
        .quota
        .spend(kind, reached.len() as u64, now)
        .map_err(|_| Refusal::month())?;
    deliver_to(world, &reached, "bot", body, kind, now);
    Ok(())
}

/// Where messages go: a person's chat with the bot, a group or a room.
struct Chat {
    id: String,
    people: Vec<String>,
}

impl Chat {
    fn of(world: &World, source: &Value) -> Self {
        let id = ["groupId", "roomId", "userId"]
            .iter()
            .find_map(|name| source[*name].as_str())
            .unwrap_or_default();
        Self::find(world, id).unwrap_or(Self {
            id: "bot".into(),
            people: Vec::new(),
        })
    }

    fn find(world: &World, id: &str) -> Option<Self> {
        if let Some(group) = world.groups.get(id).filter(|group| group.bot) {
            return Some(Self {
                id: group.id.clone(),
                people: group.members.clone(),
            });
        }
        world.knows(id).then(|| Self {
            id: "bot".into(),
            people: vec![id.to_owned()],
        })
    }

    /// Everybody here whose phone shows the bot's messages.
    fn reached(&self, world: &World) -> Vec<String> {
        let shown = |id: &&String| {
            self.id != "bot"
                || world
                    .people
                    .get(*id)
                    .is_some_and(|person| person.friendship != Friendship::Blocked)
        };
        self.people.iter().filter(shown).cloned().collect()
    }

    /// Whom a push reaches: in groups all, else friends and those who wrote lately.
    fn reached_by_push(&self, world: &World, now: i64) -> Vec<String> {
        let reached = |id: &&String| {
            let person = world.people.get(*id);
            self.id != "bot" || person.is_some_and(|p| p.is_friend() || p.in_contact(now))
        };
        self.people.iter().filter(reached).cloned().collect()
    }
}

fn deliver(world: &mut World, chat: &Chat, body: &Value, via: &'static str, now: i64) -> Value {
    let reached = chat.reached(world);
    deliver_to(world, &reached, &chat.id, body, via, now)
}

/// Shows the messages of `body` to `people` and returns `sentMessages`.
fn deliver_to(
    world: &mut World,
    people: &[String],
    chat: &str,
    body: &Value,
    via: &'static str,
    now: i64,
) -> Value {
    let mut sent = Vec::new();
    for message in body["messages"].as_array().into_iter().flatten() {
        let id = world.message_id();
        let mut receipt = json!({"id": id});
        if message["type"]
            .as_str()
            .is_some_and(|kind| QUOTABLE.contains(&kind))
        {
            receipt["quoteToken"] = ids::token(48).into();
        }
        let mut item = Item::new(now, chat, "bot", id, message.clone());
        item.via = Some(via);
        item.sender = message["sender"]["name"].as_str().map(str::to_owned);
        world.show(people, &item);
        sent.push(receipt);
    }
    Value::Array(sent)
}
