//! The inspector's log.

use axum::extract::State;
use http::StatusCode;
use problem::{Json, Path, Problem, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use crate::app::App;
use crate::world::Call;

#[derive(Debug, Deserialize)]
pub(super) struct Reading {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    wait_ms: u64,
    /// Only calls of this operation.
    operation: Option<String>,
    /// Without headers and bodies.
    #[serde(default)]
    brief: bool,
}

pub(super) async fn list(State(app): State<App>, Query(reading): Query<Reading>) -> Answer {
    let wanted = |call: &&Call| {
        reading
            .operation
            .as_ref()
            .is_none_or(|operation| call.operation == *operation)
    };
    let found = app
        .poll(reading.wait_ms, |world| {
            let calls: Vec<Call> = world
                .calls
                .after(reading.after)
                .filter(wanted)
                .cloned()
                .collect();
            (!calls.is_empty()).then_some(calls)
        })
        .await
        .unwrap_or_default();
    let last = found.last().map_or(reading.after, |call| call.seq);
    let calls: Vec<Value> = found
        .iter()
        .map(|call| {
            if reading.brief {
                call.summary()
            } else {
                call.view()
            }
        })
        .collect();
    Ok(Json(json!({"calls": calls, "last": last})))
}

pub(super) async fn find(State(app): State<App>, Path(seq): Path<u64>) -> Answer {
    app.world(|world| {
        let call = world.calls.after(seq.saturating_sub(1)).next();
        call.filter(|call| call.seq == seq).cloned()
    })
    .map(|call| Json(call.view()))
    .ok_or_else(Problem::not_found)
}

pub(super) async fn clear(State(app): State<App>) -> StatusCode {
    app.world(|world| {
        world.calls.clear();
        world.changed();
    });
    StatusCode::NO_CONTENT
}
