//! The simulator's time.

use axum::extract::State;
use problem::{Json, Problem};
use serde::Deserialize;
use serde_json::json;

use super::Answer;
use crate::app::App;

pub(super) async fn show(State(app): State<App>) -> Answer {
    Ok(Json(json!({"now": app.now()})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    ms: i64,
}

pub(super) async fn advance(State(app): State<App>, Json(advance): Json<Advance>) -> Answer {
    if advance.ms < 0 {
        return Err(Problem::bad_request("time goes forward"));
    }
    app.clock.advance(advance.ms);
    app.world(crate::world::World::changed);
    Ok(Json(json!({"now": app.now()})))
}
