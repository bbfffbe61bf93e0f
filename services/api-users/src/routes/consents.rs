use axum::extract::State;
use axum::response::Response;
use problem::{Json, Path};
use users_client::{Consent, GiveConsent};

use crate::app::AppState;
use crate::body::Body;
use crate::domain::{Edit, Luid, parse_consents};
use crate::error::ApiError;
use crate::etag::{Precondition, Versioned};

/// Every consent the member ever gave or withdrew, oldest first.
#[utoipa::path(get, path = "/users/{luid}/consents", tag = "Consents", responses(
    (status = 200, body = Vec<Consent>),
    (status = 404, description = "no-such-member"),
))]
pub(super) async fn list(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
) -> Result<Json<Vec<Consent>>, ApiError> {
    let history = app.store.consent_history(&luid).await?;
    history.map(Json).ok_or(ApiError::NotFound)
}

/// Records consents and answers the latest for each purpose.
#[utoipa::path(post, path = "/users/{luid}/consents", tag = "Consents", request_body = Vec<GiveConsent>, responses(
    (status = 200, body = Vec<Consent>),
    (status = 404, description = "no-such-member"),
    (status = 409, description = "leaving"),
    (status = 412, description = "changed"),
))]
pub(super) async fn give(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
    precondition: Precondition,
    Body(body): Body<Vec<GiveConsent>>,
) -> Result<Response, ApiError> {
    let consents = parse_consents(&body).map_err(ApiError::Invalid)?;
    let edit = Edit::Consents(consents);
    let member = app
        .store
        .edit(&luid, &edit, &precondition, app.clock.now())
        .await?;
    Ok(Versioned::new(&member).beside(Json(member.consents)))
}
