//! People come, change and go.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use problem::{Json, Path, Problem};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, conflict, nobody};
use crate::app::App;
use crate::ids;
use crate::world::{Friendship, Person};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPerson {
    name: String,
    id: Option<String>,
    language: Option<String>,
    picture_url: Option<String>,
    status_message: Option<String>,
    email: Option<String>,
    /// A friend from the start, without a follow event.
    #[serde(default)]
    friend: bool,
}

pub(super) async fn create(
    State(app): State<App>,
    Json(new): Json<NewPerson>,
) -> Result<Response, Problem> {
    let id = new.id.unwrap_or_else(ids::user);
    if !ids::is('U', &id) {
        return Err(Problem::bad_request("an ID is U and 32 hexadecimal digits"));
    }
    if new.name.trim().is_empty() {
        return Err(Problem::bad_request("a person has a name"));
    }
    let now = app.now();
    app.world(|world| {
        if world.people.contains_key(&id) {
            return Err(conflict("somebody has this ID"));
        }
        let mut person = Person::new(id.clone(), world.next(), new.name);
        person.hue = world.people.len() % 8;
        person.language = new.language;
        person.picture_url = new.picture_url;
        person.status_message = new.status_message;
        person.email = new.email;
        if new.friend {
            person.friendship = Friendship::Friend;
        }
        let view = person.view(now);
        world.gone.remove(&id);
        world.people.insert(id, person);
        world.changed();
        Ok((StatusCode::CREATED, Json(view)).into_response())
    })
}

pub(super) async fn list(State(app): State<App>) -> Answer {
    let now = app.now();
    let people: Vec<_> = app.world(|world| {
        world
            .everybody()
            .iter()
            .map(|person| person.view(now))
            .collect()
    });
    Ok(Json(json!({"people": people})))
}

pub(super) async fn find(State(app): State<App>, Path(id): Path<String>) -> Answer {
    let now = app.now();
    app.world(|world| world.people.get(&id).map(|person| Json(person.view(now))))
        .ok_or_else(nobody)
}

/// Fields that are absent stay; `null` removes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    name: Option<String>,
    #[serde(default)]
    language: Change,
    #[serde(default)]
    picture_url: Change,
    #[serde(default)]
    status_message: Change,
    #[serde(default)]
    email: Change,
    /// Set without an event.
    friendship: Option<Friendship>,
}

/// A field that was left out, set, or removed by `null`.
#[derive(Default)]
enum Change {
    #[default]
    Absent,
    To(Option<String>),
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: serde::Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        Option::deserialize(value).map(Self::To)
    }
}

pub(super) async fn change(
    State(app): State<App>,
    Path(id): Path<String>,
    Json(changes): Json<Changes>,
) -> Answer {
    let now = app.now();
    app.world(|world| {
        let person = world.people.get_mut(&id).ok_or_else(nobody)?;
        if let Some(name) = changes.name {
            person.name = name;
        }
        for (field, change) in [
            (&mut person.language, changes.language),
            (&mut person.picture_url, changes.picture_url),
            (&mut person.status_message, changes.status_message),
            (&mut person.email, changes.email),
        ] {
            if let Change::To(value) = change {
                *field = value;
            }
        }
        if let Some(friendship) = changes.friendship {
            person.friendship = friendship;
        }
        let view = person.view(now);
        world.changed();
        Ok(Json(view))
    })
}

/// Deletes the LINE account: LINE tells the bot nothing.
pub(super) async fn delete(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    app.world(|world| {
        world.people.remove(&id).ok_or_else(nobody)?;
        for group in world.groups.values_mut() {
            group.members.retain(|member| *member != id);
        }
        world.logins.unlink(&id);
        world.gone.insert(id);
        world.changed();
        Ok(StatusCode::NO_CONTENT)
    })
}
