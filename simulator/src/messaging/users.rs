//! The bot itself and the people it may know.

use axum::extract::State;
use axum::response::IntoResponse as _;
use problem::{Json, Path, Query};
use serde_json::json;

use super::{Answer, Refusal};
use crate::app::App;
use crate::ids;
use crate::world::Friendship;

pub(crate) async fn profile(State(app): State<App>, Path(user): Path<String>) -> Answer {
    if !ids::is('U', &user) {
        return Err(Refusal::bad(
            "The value for the 'userId' parameter is invalid",
        ));
    }
    app.world(|world| {
        let person = world
            .people
            .get(&user)
            .filter(|person| match person.friendship {
                Friendship::Friend => true,
                Friendship::None => person.chatted_at.is_some(),
                Friendship::Blocked => false,
            })
            .ok_or_else(Refusal::not_found)?;
        let mut profile = json!({"displayName": person.name, "userId": person.id});
        for (name, value) in [
            ("language", &person.language),
            ("pictureUrl", &person.picture_url),
            ("statusMessage", &person.status_message),
        ] {
            if let Some(value) = value {
                profile[name] = value.as_str().into();
            }
        }
        Ok(Json(profile).into_response())
    })
}

pub(crate) async fn bot(State(app): State<App>) -> Answer {
    let id = &app.credentials.bot_user_id;
    let basic: String = id.chars().skip(1).take(8).collect();
    Ok(Json(json!({
        "userId": id,
        "basicId": format!("@{basic}"),
        "displayName": app.bot_name,
        "chatMode": "bot",
        "markAsReadMode": "auto",
    }))
    .into_response())
}

#[derive(Debug, serde::Deserialize)]
pub(crate) struct Page {
    limit: Option<usize>,
    start: Option<String>,
}

pub(crate) async fn followers(State(app): State<App>, Query(page): Query<Page>) -> Answer {
    let limit = page.limit.unwrap_or(300);
    if !(1..=1000).contains(&limit) {
        return Err(Refusal::bad(
            "The value for the 'limit' parameter is invalid",
        ));
    }
    let start = match page.start.as_deref().map(str::parse) {
        None => 0,
        Some(Ok(start)) => start,
        Some(Err(_)) => return Err(Refusal::bad("Invalid start param")),
    };
    app.world(|world| {
        if !world.settings.verified {
            return Err(Refusal::plan());
        }
        let mut friends = world
            .everybody()
            .into_iter()
            .filter(|person| person.is_friend() && person.place >= start);
        let ids: Vec<_> = friends.by_ref().take(limit).map(|p| p.id.clone()).collect();
        let mut answer = json!({"userIds": ids});
        if let Some(next) = friends.next() {
            answer["next"] = next.place.to_string().into();
        }
        Ok(Json(answer).into_response())
    })
}
