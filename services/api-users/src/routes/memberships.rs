//! What the bot may know about whoever writes to it. Strangers have an answer too.

use axum::extract::State;
use problem::{Json, Path};
use users_client::{LookUpMemberships, Membership, Memberships};

use crate::app::AppState;
use crate::body::Body;
use crate::domain::{Luid, parse_luids};
use crate::error::ApiError;

/// What the bot may know about the sender of a message; strangers have an answer too.
#[utoipa::path(get, path = "/users/{luid}/membership", tag = "Members", responses((status = 200, body = Membership)))]
pub(super) async fn membership(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
) -> Result<Json<Membership>, ApiError> {
    Ok(Json(app.store.membership(&luid).await?))
}

/// The same of the senders of several messages, in the order of the question.
#[utoipa::path(post, path = "/memberships", tag = "Members", request_body = LookUpMemberships, responses(
    (status = 200, body = Memberships),
))]
pub(super) async fn memberships(
    State(app): State<AppState>,
    Body(body): Body<LookUpMemberships>,
) -> Result<Json<Memberships>, ApiError> {
    let luids = parse_luids(&body).map_err(ApiError::Invalid)?;
    let memberships = app.store.memberships(&luids).await?;
    let now = app.clock.now();
    for luid in luids {
        app.activity.note(luid, now);
    }
    Ok(Json(Memberships { memberships }))
}
