//! Who logs in and what they allow.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use problem::Path;

use super::form::Form;
use super::request::back;
use crate::app::App;
use crate::control::befriend;
use crate::html::{self, escape};
use crate::ids;
use crate::world::{AuthorizeRequest, Code, Person};

/// What a person chose on the consent screen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decision {
    pub(crate) allow: bool,
    pub(crate) add_friend: bool,
    pub(crate) share_email: bool,
}

pub(super) async fn submit(
    State(app): State<App>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Response {
    let form = Form::of(&bytes);
    let Some(request) = app.world(|world| world.logins.pending.remove(&id)) else {
        return over();
    };
    let Some(person) = form.get("person") else {
        app.world(|world| world.logins.pending.insert(id.clone(), request.clone()));
        return screen(&app, &id, &request, None);
    };
    let decision = Decision {
        allow: form.get("choice") == Some("allow"),
        add_friend: form.get("friend").is_some(),
        share_email: form.get("email").is_some(),
    };
    let location = decide(&app, &request, person, decision);
    let mut response = Redirect::to(&location).into_response();
    let cookie = format!("sim_person={person}; Path=/; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Where the browser goes after a decision.
pub(crate) fn decide(
    app: &App,
    request: &AuthorizeRequest,
    person: &str,
    decision: Decision,
) -> String {
    if !decision.allow || !app.world(|world| world.people.contains_key(person)) {
        let fields = [
            ("error", "ACCESS_DENIED"),
            (
                "error_description",
                "The resource owner denied the request.",
            ),
        ];
        return back(&request.redirect_uri, Some(&request.state), &fields);
    }
    let mut request = request.clone();
    if !decision.share_email {
        request.scopes.remove("email");
    }
    let changed = request
        .bot_prompt
        .is_some()
        .then(|| decision.add_friend && befriend(app, person));
    grant(app, &request, person, changed)
}

/// Grants the scopes, issues a code, and says where it goes. `friendship_changed` is there only where the
/// option to add the bot was shown.
pub(super) fn grant(
    app: &App,
    request: &AuthorizeRequest,
    person: &str,
    friendship_changed: Option<bool>,
) -> String {
    let code = ids::token(15);
    let now = app.now();
    app.world(|world| {
        if let Some(person) = world.people.get_mut(person) {
            person.granted.extend(request.scopes.iter().cloned());
        }
        let grant = Code {
            person: person.to_owned(),
            request: request.clone(),
            issued_at: now,
        };
        world.logins.codes.insert(code.clone(), grant);
        world.changed();
    });
    let mut fields = vec![("code", code.as_str())];
    match friendship_changed {
        Some(true) => fields.push(("friendship_status_changed", "true")),
        Some(false) => fields.push(("friendship_status_changed", "false")),
        None => {}
    }
    back(&request.redirect_uri, Some(&request.state), &fields)
}

/// The consent screen, for `person` or for nobody yet.
pub(super) fn screen(
    app: &App,
    id: &str,
    request: &AuthorizeRequest,
    person: Option<&str>,
) -> Response {
    let page = app.world(|world| {
        let everybody = world.everybody();
        let chosen = everybody
            .iter()
            .find(|candidate| Some(candidate.id.as_str()) == person)
            .copied();
        let others: String = everybody
            .iter()
            .filter(|candidate| Some(candidate.id.as_str()) != person)
            .map(|candidate| choice(id, candidate))
            .collect();
        match chosen {
            Some(person) => include_str!("../page/consent.html")
                .replace("{{friend}}", &friend_option(app, request, person))
                .replace("{{permissions}}", &permissions(request))
                .replace("{{others}}", &others)
                .replace("{{id}}", &escape(id))
                .replace("{{person}}", &escape(&person.id))
                .replace("{{hue}}", &person.hue.to_string())
                .replace("{{initial}}", &initial(person))
                .replace("{{bot}}", &escape(&app.bot_name))
                .replace("{{name}}", &escape(&person.name)),
            None => include_str!("../page/chooser.html")
                .replace("{{bot}}", &escape(&app.bot_name))
                .replace("{{others}}", &others),
        }
    });
    html::page(StatusCode::OK, page)
}

pub(super) fn over() -> Response {
    html::error(
        StatusCode::BAD_REQUEST,
        "This login is over",
        "It was answered already, or the simulator was started anew. Go back to the website and log in again.",
    )
}

fn choice(id: &str, person: &Person) -> String {
    format!(
        r#"<li><a href="/_sim/consent/{}?person={}"><span class="avatar hue-{}">{}</span><span>{}</span></a></li>"#,
        escape(id),
        escape(&person.id),
        person.hue,
        initial(person),
        escape(&person.name),
    )
}

fn permissions(request: &AuthorizeRequest) -> String {
    let line = |text: &str| format!("<li>{text}</li>");
    let mut list = String::new();
    if request.scopes.contains("profile") {
        list += &line("Profile information <small>your display name and picture</small>");
    }
    if request.scopes.contains("openid") {
        list += &line("User ID <small>the one this provider knows you by</small>");
    }
    if request.scopes.contains("email") {
        list += r#"<li><label><input type="checkbox" name="email" value="yes" checked> Email address <small>you may refuse this one</small></label></li>"#;
    }
    list
}

fn friend_option(app: &App, request: &AuthorizeRequest, person: &Person) -> String {
    let bot = escape(&app.bot_name);
    match request.bot_prompt {
        None => String::new(),
        Some(_) if person.is_friend() => {
            format!(r#"<p class="friend"><span>{bot} is your friend already.</span></p>"#)
        }
        Some(_) => format!(
            r#"<p class="friend"><label><input type="checkbox" name="friend" value="yes" checked> Add <b>{bot}</b> as a friend</label></p>"#
        ),
    }
}

fn initial(person: &Person) -> String {
    escape(&person.name.chars().take(1).collect::<String>())
}
