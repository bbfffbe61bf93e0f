use axum::extract::State;
use problem::{Json, Query};
use serde::Deserialize;
use users_client::{AuditPage, field};
use utoipa::IntoParams;

use crate::app::AppState;
use crate::domain::Luid;
use crate::error::ApiError;

const PAGE: u16 = 100;
const LARGEST_PAGE: u16 = 1000;

/// `GET /audit?luid=…&after=…&limit=…`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditQuery {
    /// Only what was about this person.
    #[param(value_type = Option<field::Luid>)]
    luid: Option<Luid>,
    /// Only what came after the entry of this number.
    #[serde(default)]
    #[param(minimum = 0)]
    after: i64,
    /// How many entries, from 1 to 1000.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 1000)]
    limit: u16,
}

fn default_limit() -> u16 {
    PAGE
}

/// Who asked for what, oldest first. Operators' requests are all there, and whoever exported or erased a person. Entries
/// are kept for a year; whom they were about is forgotten with the person.
#[utoipa::path(get, path = "/audit", tag = "Audit", params(AuditQuery), responses((status = 200, body = AuditPage)))]
pub(super) async fn list(
    State(app): State<AppState>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    if !(1..=LARGEST_PAGE).contains(&query.limit) {
        return Err(ApiError::BadRequest("limit must be from 1 to 1000"));
    }
    if query.after < 0 {
        return Err(ApiError::BadRequest("after must be 0 or more"));
    }
    let entries = app
        .store
        .audit_list(query.luid.as_ref(), query.after, query.limit.into())
        .await?;
    let next_after = entries
        .last()
        .filter(|_| entries.len() == usize::from(query.limit))
        .map(|last| last.audit_id);
    Ok(Json(AuditPage {
        entries,
        next_after,
    }))
}
