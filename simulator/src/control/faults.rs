//! Faults set, listed and removed.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use problem::{Json, Problem};
use serde_json::json;

use super::Answer;
use crate::app::App;
use crate::world::Fault;

pub(super) async fn list(State(app): State<App>) -> Answer {
    let faults: Vec<Fault> = app.world(|world| world.faults.all().cloned().collect());
    Ok(Json(json!({"faults": faults})))
}

pub(super) async fn add(
    State(app): State<App>,
    Json(fault): Json<Fault>,
) -> Result<Response, Problem> {
    let names = app.operations.get().map_or(&[][..], Vec::as_slice);
    if fault.on != "*" && !names.contains(&fault.on.as_str()) {
        return Err(Problem::bad_request(format!(
            "there is no such operation; those there are: {}",
            names.join(", ")
        )));
    }
    app.world(|world| {
        world.faults.add(fault.clone());
        world.changed();
    });
    Ok((StatusCode::CREATED, Json(fault)).into_response())
}

pub(super) async fn clear(State(app): State<App>) -> StatusCode {
    app.world(|world| {
        world.faults.clear();
        world.changed();
    });
    StatusCode::NO_CONTENT
}
