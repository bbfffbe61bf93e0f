//! The Messaging API.

mod body;
mod chat;
mod check;
mod endpoint;
mod groups;
mod plan;
mod refusal;
mod send;
mod users;

use axum::routing::{get, post, put};

use crate::gate::{Api, Gated};
use crate::world::Rate;

pub(crate) use refusal::Refusal;
pub(crate) use send::remember_retry_key;

/// A LINE answer, or why there is none.
type Answer = Result<axum::response::Response, Refusal>;

const USUAL: (Api, Rate) = (Api::Messaging, Rate::USUAL);
const SELDOM: (Api, Rate) = (Api::Messaging, Rate::per_hour(60));
const SETTING: (Api, Rate) = (Api::Messaging, Rate::per_minute(1000));

pub(crate) fn routes(gated: Gated) -> Gated {
    chats(users(settings(sends(gated))))
}

fn sends(gated: Gated) -> Gated {
    let multicast = (Api::Messaging, Rate::per_second(200));
    let to = |what: &str| format!("/v2/bot/message/{what}");
    gated
        .route("reply", &to("reply"), USUAL, post(send::reply))
        .route("push", &to("push"), USUAL, post(send::push))
        .route(
            "multicast",
            &to("multicast"),
            multicast,
            post(send::multicast),
        )
        .route("broadcast", &to("broadcast"), SELDOM, post(send::broadcast))
        .route(
            "narrowcast",
            &to("narrowcast"),
            SELDOM,
            post(send::narrowcast),
        )
        .route(
            "validate",
            &to("validate/{kind}"),
            USUAL,
            post(send::validate),
        )
        .route("quota", &to("quota"), USUAL, get(plan::quota))
        .route(
            "consumption",
            &to("quota/consumption"),
            USUAL,
            get(plan::consumption),
        )
        .route(
            "delivery",
            &to("delivery/{kind}"),
            USUAL,
            get(plan::delivery),
        )
        .route("content", &to("{id}/content"), USUAL, get(chat::content))
        .route(
            "content_preview",
            &to("{id}/content/preview"),
            USUAL,
            get(chat::content),
        )
}

fn settings(gated: Gated) -> Gated {
    let endpoint = "/v2/bot/channel/webhook/endpoint";
    let test = "/v2/bot/channel/webhook/test";
    gated
        .route("webhook_get", endpoint, SETTING, get(endpoint::find))
        .route("webhook_set", endpoint, SETTING, put(endpoint::set))
        .route("webhook_test", test, SELDOM, post(endpoint::test))
}

fn users(gated: Gated) -> Gated {
    gated
        .route("bot_info", "/v2/bot/info", USUAL, get(users::bot))
        .route(
            "profile",
            "/v2/bot/profile/{user}",
            USUAL,
            get(users::profile),
        )
        .route(
            "followers",
            "/v2/bot/followers/ids",
            USUAL,
            get(users::followers),
        )
}

fn chats(gated: Gated) -> Gated {
    let loading = (Api::Messaging, Rate::per_second(100));
    let group = |what: &str| format!("/v2/bot/group/{{id}}/{what}");
    let room = |what: &str| format!("/v2/bot/room/{{id}}/{what}");
    gated
        .route(
            "loading",
            "/v2/bot/chat/loading/start",
            loading,
            post(chat::loading),
        )
        .route(
            "mark_as_read",
            "/v2/bot/chat/markAsRead",
            USUAL,
            post(chat::mark_as_read),
        )
        .route(
            "group_summary",
            &group("summary"),
            USUAL,
            get(groups::summary),
        )
        .route(
            "group_count",
            &group("members/count"),
            USUAL,
            get(groups::count),
        )
        .route(
            "group_member",
            &group("member/{user}"),
            USUAL,
            get(groups::member),
        )
        .route("group_leave", &group("leave"), USUAL, post(groups::leave))
        .route(
            "room_count",
            &room("members/count"),
            USUAL,
            get(groups::count),
        )
        .route(
            "room_member",
            &room("member/{user}"),
            USUAL,
            get(groups::member),
        )
        .route("room_leave", &room("leave"), USUAL, post(groups::leave))
}

/// What LINE answers where it has nothing to say: `{}`.
fn empty() -> axum::response::Response {
    use axum::response::IntoResponse as _;
    problem::Json(serde_json::json!({})).into_response()
}
