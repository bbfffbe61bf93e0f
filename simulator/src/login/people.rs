//! Who is behind an access token.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use problem::Json;
use serde_json::{Value, json};

use crate::app::App;
use crate::gate::Context;
use crate::ids;
use crate::messaging::Refusal;
use crate::world::{FaultKind, Person};

pub(super) async fn userinfo(
    State(app): State<App>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    look(&app, &headers, "openid", |person, scopes| {
        let mut info = json!({"sub": told_id(&context, person)});
        if scopes.contains("profile") {
            info["name"] = person.name.as_str().into();
            if let Some(picture) = &person.picture_url {
                info["picture"] = picture.as_str().into();
            }
        }
        info
    })
}

pub(super) async fn profile(
    State(app): State<App>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    look(&app, &headers, "profile", |person, _| {
        let mut profile = json!({
            "userId": told_id(&context, person),
            "displayName": person.name,
        });
        if let Some(picture) = &person.picture_url {
            profile["pictureUrl"] = picture.as_str().into();
        }
        if let Some(status) = &person.status_message {
            profile["statusMessage"] = status.as_str().into();
        }
        profile
    })
}

pub(super) async fn friendship(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    look(
        &app,
        &headers,
        "profile",
        |person, _| json!({"friendFlag": person.is_friend()}),
    )
}

fn look(
    app: &App,
    headers: &HeaderMap,
    scope: &str,
    view: impl FnOnce(&Person, &std::collections::BTreeSet<String>) -> Value,
) -> Result<Response, Refusal> {
    let refused = || Refusal::new(StatusCode::UNAUTHORIZED, "The access token is invalid");
    let token = bearer(headers).ok_or_else(refused)?;
    let now = app.now();
    app.world(|world| {
        let access = world.logins.live(token, now).ok_or_else(refused)?;
        if !access.scopes.contains(scope) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "The access token lacks the required scope",
            ));
        }
        let person = world.people.get(&access.person).ok_or_else(refused)?;
        Ok(Json(view(person, &access.scopes)).into_response())
    })
}

fn told_id(context: &Context, person: &Person) -> String {
    match context.fault {
        Some(FaultKind::OtherSub) => ids::user(),
        _ => person.id.clone(),
    }
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}
