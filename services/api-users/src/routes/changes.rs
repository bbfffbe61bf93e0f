use axum::extract::State;
use problem::{Json, Query};
use serde::Deserialize;
use users_client::ChangePage;
use utoipa::IntoParams;

use crate::app::AppState;
use crate::error::ApiError;

const LARGEST_PAGE: u16 = 1000;

/// `GET /changes?after=…&limit=…`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangesQuery {
    /// Only what came after the change of this number; 0 is before the first.
    #[serde(default)]
    #[param(minimum = 0)]
    after: i64,
    /// How many changes, from 1 to 1000.
    #[serde(default = "largest_page")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u16,
}

fn largest_page() -> u16 {
    LARGEST_PAGE
}

/// Who left and who was erased, in order. Whoever keeps something about people forgets by it what is dated before a change,
/// and then notes `next_after`. Changes are kept for 31 days.
#[utoipa::path(get, path = "/changes", tag = "Changes", params(ChangesQuery), responses(
    (status = 200, body = ChangePage),
    (status = 410, description = "changes-forgotten"),
))]
pub(super) async fn list(
    State(app): State<AppState>,
    Query(query): Query<ChangesQuery>,
) -> Result<Json<ChangePage>, ApiError> {
    if !(1..=LARGEST_PAGE).contains(&query.limit) {
        return Err(ApiError::BadRequest("limit must be from 1 to 1000"));
    }
    if query.after < 0 {
        return Err(ApiError::BadRequest("after must be 0 or more"));
    }
    let page = app.store.changes(query.after, query.limit.into()).await?;
    Ok(Json(page))
}
