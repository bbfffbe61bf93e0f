//! A login without a browser: the consent screen answered by a script.

use axum::extract::State;
use problem::{Json, Path, Problem};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{Answer, nobody};
use crate::app::App;
use crate::login::{Decision, Rejected, decide, parse};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consent {
    /// The authorization URL that the website redirected to.
    url: Url,
    #[serde(default = "yes")]
    allow: bool,
    #[serde(default)]
    add_friend: bool,
    #[serde(default = "yes")]
    share_email: bool,
}

fn yes() -> bool {
    true
}

/// Where the browser would be sent after this person's answer.
pub(super) async fn authorize(
    State(app): State<App>,
    Path(id): Path<String>,
    Json(consent): Json<Consent>,
) -> Answer {
    if !app.world(|world| world.people.contains_key(&id)) {
        return Err(nobody());
    }
    let location = match parse(&app, consent.url.query().unwrap_or_default()) {
        Ok(request) => decide(
            &app,
            &request,
            &id,
            Decision {
                allow: consent.allow,
                add_friend: consent.add_friend,
                share_email: consent.share_email,
            },
        ),
        Err(Rejected::Back(location)) => location,
        Err(Rejected::Page(reason)) => return Err(Problem::bad_request(reason)),
    };
    Ok(Json(json!({"location": location})))
}
