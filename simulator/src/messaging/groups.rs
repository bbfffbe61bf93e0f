//! Groups and rooms that the bot is in.

use axum::extract::State;
use axum::response::IntoResponse as _;
use problem::{Json, Path};
use serde_json::json;

use super::{Answer, Refusal, empty};
use crate::app::App;
use crate::world::{Group, Item, World};

fn here<'a>(world: &'a World, id: &str) -> Result<&'a Group, Refusal> {
    world
        .groups
        .get(id)
        .filter(|group| group.bot)
        .ok_or_else(Refusal::not_found)
}

pub(crate) async fn summary(State(app): State<App>, Path(id): Path<String>) -> Answer {
    app.world(|world| {
        let group = here(world, &id)?;
        Ok(Json(json!({"groupId": group.id, "groupName": group.name})).into_response())
    })
}

pub(crate) async fn count(State(app): State<App>, Path(id): Path<String>) -> Answer {
    app.world(|world| {
        let count = here(world, &id)?.members.len();
        Ok(Json(json!({"count": count})).into_response())
    })
}

pub(crate) async fn member(
    State(app): State<App>,
    Path((id, user)): Path<(String, String)>,
) -> Answer {
    app.world(|world| {
        let member = here(world, &id)?.members.contains(&user);
        let person = world.people.get(&user).filter(|_| member);
        let person = person.ok_or_else(Refusal::not_found)?;
        let mut profile = json!({"displayName": person.name, "userId": person.id});
        if let Some(picture) = &person.picture_url {
            profile["pictureUrl"] = picture.as_str().into();
        }
        Ok(Json(profile).into_response())
    })
}

pub(crate) async fn leave(State(app): State<App>, Path(id): Path<String>) -> Answer {
    let now = app.now();
    app.world(|world| {
        here(world, &id)?;
        let Some(group) = world.groups.get_mut(&id) else {
            return Err(Refusal::not_found());
        };
        group.bot = false;
        let members = group.members.clone();
        let item = Item::system(now, &id, "The bot left the chat.");
        world.show(&members, &item);
        world.changed();
        Ok(empty())
    })
}
