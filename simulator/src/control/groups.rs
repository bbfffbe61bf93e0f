//! Groups and rooms, and who is in them.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use problem::{Json, Path, Problem, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::emit::{Waiting, deliver_soon, emit};
use super::{Answer, conflict, nobody};
use crate::app::App;
use crate::ids;
use crate::webhook::Sketch;
use crate::world::{Group, Item, World};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGroup {
    name: String,
    people: Vec<String>,
    /// Whether the bot is in it from the start, with a join event.
    #[serde(default)]
    bot: bool,
    /// A multi-person chat (`R…`) instead of a group (`C…`).
    #[serde(default)]
    room: bool,
}

pub(super) async fn create(
    State(app): State<App>,
    Json(new): Json<NewGroup>,
) -> Result<Response, Problem> {
    let kind = if new.room { 'R' } else { 'C' };
    let group = Group {
        id: format!("{kind}{}", ids::hex(16)),
        name: new.name,
        members: new.people,
        bot: new.bot,
    };
    let view = json!(group);
    let now = app.now();
    let event = app.world(|world| {
        if !group.members.iter().all(|id| world.people.contains_key(id)) {
            return Err(nobody());
        }
        let item = Item::system(now, &group.id, "The chat begins.");
        world.show(&group.members, &item);
        let event = draw(world, "join", &group, json!({}), now).filter(|_| group.bot);
        world.groups.insert(group.id.clone(), group);
        world.changed();
        Ok(event)
    })?;
    if let Some(event) = event {
        deliver_soon(&app, event);
    }
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

pub(super) async fn list(State(app): State<App>) -> Answer {
    let groups: Vec<Group> = app.world(|world| world.groups.values().cloned().collect());
    Ok(Json(json!({"groups": groups})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entering {
    person: String,
}

pub(super) async fn enter(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(waiting): Query<Waiting>,
    Json(Entering { person }): Json<Entering>,
) -> Answer {
    emit(&app, waiting, |world, now| {
        let name = name(world, &person)?;
        let group = group(world, &id)?;
        if group.members.contains(&person) {
            return Err(conflict("they are in it already"));
        }
        group.members.push(person.clone());
        let group = group.clone();
        let members = json!([{"type": "user", "userId": person}]);
        let patch = json!({"joined": {"members": members}});
        Ok(changed(
            world,
            &group,
            "member_joined",
            patch,
            &format!("{name} joined."),
            now,
        ))
    })
    .await
}

pub(super) async fn exit(
    State(app): State<App>,
    Path((id, person)): Path<(String, String)>,
    Query(waiting): Query<Waiting>,
) -> Answer {
    emit(&app, waiting, |world, now| {
        let name = name(world, &person)?;
        let group = group(world, &id)?;
        if !group.members.contains(&person) {
            return Err(conflict("they are not in it"));
        }
        group.members.retain(|member| *member != person);
        let group = group.clone();
        let members = json!([{"type": "user", "userId": person}]);
        let patch = json!({"left": {"members": members}});
        Ok(changed(
            world,
            &group,
            "member_left",
            patch,
            &format!("{name} left."),
            now,
        ))
    })
    .await
}

pub(super) async fn invite(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(waiting): Query<Waiting>,
) -> Answer {
    emit(&app, waiting, |world, now| {
        let group = group(world, &id)?;
        if std::mem::replace(&mut group.bot, true) {
            return Err(conflict("the bot is in it already"));
        }
        let group = group.clone();
        Ok(changed(
            world,
            &group,
            "join",
            json!({}),
            "The bot joined.",
            now,
        ))
    })
    .await
}

/// Somebody removes the bot: the one event that still reaches it is `leave`.
pub(super) async fn expel(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(waiting): Query<Waiting>,
) -> Answer {
    emit(&app, waiting, |world, now| {
        let group = group(world, &id)?;
        if !std::mem::replace(&mut group.bot, false) {
            return Err(conflict("the bot is not in it"));
        }
        let mut group = group.clone();
        group.bot = true;
        Ok(changed(
            world,
            &group,
            "leave",
            json!({}),
            "The bot was removed.",
            now,
        ))
    })
    .await
}

fn name(world: &World, person: &str) -> Result<String, Problem> {
    let person = world.people.get(person).ok_or_else(nobody)?;
    Ok(person.name.clone())
}

fn group<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Group, Problem> {
    world
        .groups
        .get_mut(id)
        .ok_or_else(|| Problem::not_found().detail("there is no such chat"))
}

fn changed(
    world: &mut World,
    group: &Group,
    golden: &str,
    patch: Value,
    text: &str,
    now: i64,
) -> Option<Value> {
    world.show(&group.members, &Item::system(now, &group.id, text));
    world.changed();
    draw(world, golden, group, patch, now).filter(|_| group.bot)
}

fn draw(world: &mut World, golden: &str, group: &Group, patch: Value, now: i64) -> Option<Value> {
    let sketch = Sketch {
        golden,
        source: Some(group.source(None)),
        patch,
    };
    sketch.draw(world, now)
}
