//! The month's messages: limit, use and deliveries.

use axum::extract::State;
use axum::response::IntoResponse as _;
use problem::{Json, Path, Query};
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Refusal};
use crate::app::App;
use crate::clock;

pub(crate) async fn quota(State(app): State<App>) -> Answer {
    let answer = app.world(|world| match world.quota.limit {
        Some(value) => json!({"type": "limited", "value": value}),
        None => json!({"type": "none"}),
    });
    Ok(Json(answer).into_response())
}

pub(crate) async fn consumption(State(app): State<App>) -> Answer {
    let now = app.now();
    let used = app.world(|world| world.quota.used(now));
    Ok(Json(json!({"totalUsage": used})).into_response())
}

#[derive(Debug, Deserialize)]
pub(crate) struct Day {
    date: Option<String>,
}

pub(crate) async fn delivery(
    State(app): State<App>,
    Path(kind): Path<String>,
    Query(day): Query<Day>,
) -> Answer {
    let kind = ["reply", "push", "multicast", "broadcast"]
        .into_iter()
        .find(|known| *known == kind)
        .ok_or_else(Refusal::not_found)?;
    let date = day
        .date
        .filter(|date| date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit()))
        .ok_or_else(|| Refusal::bad("The value for the 'date' parameter is invalid"))?;
    if date > clock::day(app.now()) {
        return Ok(Json(json!({"status": "unready"})).into_response());
    }
    let success = app.world(|world| world.quota.delivered(kind, &date));
    Ok(Json(json!({"status": "ready", "success": success})).into_response())
}
