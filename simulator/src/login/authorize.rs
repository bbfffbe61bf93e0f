//! The authorization endpoint and its consent screen.

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderMap, StatusCode, header};
use problem::{Path, Query};
use serde::Deserialize;

use super::request::{self, Rejected, back};
use super::{consent, parse};
use crate::app::App;
use crate::gate::Context;
use crate::world::{AuthorizeRequest, FaultKind};
use crate::{html, ids};

/// How many unanswered consent screens are remembered.
const PENDING: usize = 1000;

pub(super) async fn show(
    State(app): State<App>,
    Extension(context): Extension<Context>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let request = match parse(&app, query.as_deref().unwrap_or_default()) {
        Ok(request) => request,
        Err(Rejected::Page(reason)) => {
            return html::error(StatusCode::BAD_REQUEST, "400 Bad Request", reason);
        }
        Err(Rejected::Back(location)) => return Redirect::to(&location).into_response(),
    };
    if matches!(context.fault, Some(FaultKind::AutoLoginFailure)) && !request.disable_auto_login {
        let (code, state) = (ids::token(15), ids::hex(16));
        let location = back(&request.redirect_uri, Some(&state), &[("code", &code)]);
        return Redirect::to(&location).into_response();
    }
    let person = phone_cookie(&headers)
        .filter(|id| app.world(|world| world.people.contains_key(id.as_str())));
    if let Some(location) = without_screen(&app, &request, person.as_deref()) {
        return Redirect::to(&location).into_response();
    }
    let id = ids::token(18);
    app.world(|world| {
        if world.logins.pending.len() >= PENDING {
            world.logins.pending.clear();
        }
        world.logins.pending.insert(id.clone(), request.clone());
    });
    consent::screen(&app, &id, &request, person.as_deref())
}

#[derive(Debug, Deserialize)]
pub(super) struct Who {
    person: Option<String>,
}

/// The same screen for the person chosen on it.
pub(super) async fn again(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(who): Query<Who>,
) -> Response {
    match app.world(|world| world.logins.pending.get(&id).cloned()) {
        Some(request) => consent::screen(&app, &id, &request, who.person.as_deref()),
        None => consent::over(),
    }
}

/// Where to go at once: consent was given before, or may not be asked for.
fn without_screen(app: &App, request: &AuthorizeRequest, person: Option<&str>) -> Option<String> {
    let silent = request.prompt.as_deref() == Some("none");
    let fail = |error: &str| {
        request::back(
            &request.redirect_uri,
            Some(&request.state),
            &[("error", error)],
        )
    };
    let Some(person) = person else {
        return silent.then(|| fail("LOGIN_REQUIRED"));
    };
    let (granted, friend) = app.world(|world| {
        let person = world.people.get(person);
        (
            person.is_some_and(|person| request.scopes.is_subset(&person.granted)),
            person.is_some_and(crate::world::Person::is_friend),
        )
    });
    let asks_friend = request.bot_prompt.as_deref() == Some("aggressive") && !friend;
    let email = request.scopes.contains("email");
    match request.prompt.as_deref() {
        Some("none") if granted => Some(consent::grant(app, request, person, None)),
        Some("none") => Some(fail("INTERACTION_REQUIRED")),
        None if granted && !asks_friend && !email => {
            Some(consent::grant(app, request, person, None))
        }
        _ => None,
    }
}

/// Whose phone this browser is, by the cookie that opening a link as somebody sets.
pub(crate) fn phone_cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix("sim_person="))
        .map(str::to_owned)
}
