use axum::extract::State;
use http::StatusCode;
use problem::Path;
use users_client::FriendshipChange;

use crate::app::AppState;
use crate::body::Body;
use crate::domain::{FriendshipEvent, Luid};
use crate::error::ApiError;

/// Notes what a follow or unfollow event said. An event that comes too late changes nothing and is no error.
#[utoipa::path(put, path = "/users/{luid}/friendship", tag = "Friendship", request_body = FriendshipChange, responses((status = 204)))]
pub(super) async fn set(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
    Body(body): Body<FriendshipChange>,
) -> Result<StatusCode, ApiError> {
    let event = FriendshipEvent::parse(body).map_err(ApiError::Invalid)?;
    app.store
        .set_friendship(&luid, &event, app.clock.now())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
