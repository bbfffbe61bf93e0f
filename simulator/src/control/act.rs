//! Adding the bot, blocking it, and taking access away in LINE's settings.

use axum::extract::State;
use http::StatusCode;
use problem::{Path, Problem, Query};
use serde_json::{Value, json};

use super::emit::{Waiting, deliver_soon, emit, user_source};
use super::{Answer, conflict, nobody};
use crate::app::App;
use crate::webhook::Sketch;
use crate::world::{Friendship, Item, World};

/// Adds the bot as a friend, or unblocks it.
pub(super) async fn follow(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(waiting): Query<Waiting>,
) -> Answer {
    emit(&app, waiting, |world, now| {
        if !world.people.contains_key(&id) {
            return Err(nobody());
        }
        add(world, &id, now)
            .map(Some)
            .ok_or_else(|| conflict("they are friends already"))
    })
    .await
}

pub(super) async fn block(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(waiting): Query<Waiting>,
) -> Answer {
    emit(&app, waiting, |world, now| {
        let person = world.people.get_mut(&id).ok_or_else(nobody)?;
        if person.friendship == Friendship::Blocked {
            return Err(conflict("the bot is blocked already"));
        }
        person.friendship = Friendship::Blocked;
        person.loading_until = 0;
        let item = Item::system(now, "bot", "You blocked this account.");
        world.show([&id], &item);
        world.changed();
        Ok(draw(world, "unfollow", &id, json!({}), now))
    })
    .await
}

/// Ends the website's access, as a person may in LINE's settings: no event tells of it.
pub(super) async fn unlink(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    app.world(|world| {
        let person = world.people.get_mut(&id).ok_or_else(nobody)?;
        person.granted.clear();
        world.logins.unlink(&id);
        world.changed();
        Ok(StatusCode::NO_CONTENT)
    })
}

/// Adds the bot during a login. Returns whether that changed anything; the event follows by itself.
pub(crate) fn befriend(app: &App, id: &str) -> bool {
    let now = app.now();
    let event = app.world(|world| add(world, id, now));
    let changed = event.is_some();
    if let Some(event) = event {
        deliver_soon(app, event);
    }
    changed
}

fn add(world: &mut World, id: &str, now: i64) -> Option<Value> {
    let person = world.people.get_mut(id)?;
    let before = std::mem::replace(&mut person.friendship, Friendship::Friend);
    if before == Friendship::Friend {
        return None;
    }
    let unblocked = before == Friendship::Blocked;
    let text = if unblocked {
        "You unblocked this account."
    } else {
        "You added this account as a friend."
    };
    let item = Item::system(now, "bot", text);
    world.show([&id.to_owned()], &item);
    world.changed();
    draw(
        world,
        "follow",
        id,
        json!({"follow": {"isUnblocked": unblocked}}),
        now,
    )
}

fn draw(world: &mut World, golden: &str, id: &str, patch: Value, now: i64) -> Option<Value> {
    let sketch = Sketch {
        golden,
        source: Some(user_source(id)),
        patch,
    };
    sketch.draw(world, now)
}
