//! What a person sees, read headless.

use axum::extract::State;
use problem::{Json, Path, Query};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, nobody};
use crate::app::App;
use crate::world::Item;

#[derive(Debug, Deserialize)]
pub(super) struct Reading {
    /// Lines later than this number.
    #[serde(default)]
    after: u64,
    /// How long to wait for the first such line: 30,000 at most.
    #[serde(default)]
    wait_ms: u64,
    /// Only lines of this chat: `bot`, or a group's ID.
    chat: Option<String>,
    /// Only lines of this writer: `bot`, `system`, or a user ID.
    from: Option<String>,
}

pub(super) async fn transcript(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(reading): Query<Reading>,
) -> Answer {
    let wanted = |item: &&Item| {
        item.seq > reading.after
            && reading.chat.as_ref().is_none_or(|chat| item.chat == *chat)
            && reading.from.as_ref().is_none_or(|from| item.from == *from)
    };
    let found = app
        .poll(reading.wait_ms, |world| {
            let Some(person) = world.people.get(&id) else {
                return Some(Err(nobody()));
            };
            let items: Vec<Item> = person.phone.iter().filter(wanted).cloned().collect();
            (!items.is_empty()).then_some(Ok(items))
        })
        .await;
    let items = found.unwrap_or(Ok(Vec::new()))?;
    let last = items.last().map_or(reading.after, |item| item.seq);
    Ok(Json(json!({"items": items, "last": last})))
}
