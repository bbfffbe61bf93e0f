//! `/_sim/`: everything that people and operators do, for scripts, tests and the page.

mod act;
mod calls;
mod chat;
mod clock;
mod emit;
mod events;
mod faults;
mod groups;
mod login;
mod open;
mod people;
mod phone;
mod press;
mod settings;
mod stream;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post, put};
use http::{HeaderMap, Method, header};
use problem::Problem;

use crate::app::App;

pub(crate) use act::befriend;

type Answer = Result<problem::Json<serde_json::Value>, Problem>;

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/_sim/state", get(settings::state))
        .route("/_sim/credentials", get(settings::credentials))
        .route("/_sim/settings", get(settings::show).put(settings::put))
        .route(
            "/_sim/webhook",
            get(settings::webhook).put(settings::put_webhook),
        )
        .route("/_sim/webhook/verify", post(settings::verify_webhook))
        .route("/_sim/webhook/statistics", get(settings::statistics))
        .route("/_sim/quota", get(settings::quota).put(settings::put_quota))
        .route(
            "/_sim/callbacks",
            get(settings::callbacks).post(settings::add_callback),
        )
        .route("/_sim/clock", get(clock::show))
        .route("/_sim/clock/advance", post(clock::advance))
        .route("/_sim/people", get(people::list).post(people::create))
        .route(
            "/_sim/people/{id}",
            get(people::find)
                .patch(people::change)
                .delete(people::delete),
        )
        .route("/_sim/people/{id}/transcript", get(phone::transcript))
        .route("/_sim/people/{id}/say", post(chat::say))
        .route("/_sim/people/{id}/send/{kind}", post(chat::send))
        .route("/_sim/people/{id}/unsend", post(chat::unsend))
        .route("/_sim/people/{id}/edit", post(chat::edit))
        .route("/_sim/people/{id}/postback", post(press::postback))
        .route("/_sim/people/{id}/press", post(press::press))
        .route("/_sim/people/{id}/follow", post(act::follow))
        .route("/_sim/people/{id}/block", post(act::block))
        .route("/_sim/people/{id}/unblock", post(act::follow))
        .route("/_sim/people/{id}/unlink", post(act::unlink))
        .route("/_sim/people/{id}/authorize", post(login::authorize))
        .route("/_sim/people/{id}/open", get(open::open))
        .route("/_sim/groups", get(groups::list).post(groups::create))
        .route("/_sim/groups/{id}/members", post(groups::enter))
        .route("/_sim/groups/{id}/members/{person}", delete(groups::exit))
        .route(
            "/_sim/groups/{id}/bot",
            put(groups::invite).delete(groups::expel),
        )
        .route("/_sim/golden", get(events::golden))
        .route("/_sim/events", post(events::deliver))
        .route("/_sim/calls", get(calls::list).delete(calls::clear))
        .route("/_sim/calls/{seq}", get(calls::find))
        .route(
            "/_sim/faults",
            get(faults::list).post(faults::add).delete(faults::clear),
        )
        .route("/_sim/stream", get(stream::stream))
        .layer(from_fn(same_origin))
}

/// Keeps other websites in the same browser from acting here: what changes something must come from this
/// origin, or from no browser at all.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || is_ours(request.headers()) {
        next.run(request).await
    } else {
        Problem::forbidden().into_response()
    }
}

fn is_ours(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let origin = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin == host)
}

/// Nobody has this ID.
fn nobody() -> Problem {
    Problem::not_found().detail("there is no such person")
}

/// The action does not fit the state that things are in.
fn conflict(detail: &str) -> Problem {
    Problem::conflict("simulator-state").detail(detail)
}
