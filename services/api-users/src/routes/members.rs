use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use problem::{Json, Path, Query};
use serde::Deserialize;
use users_client::{Member, MemberPage, Membership, RegisterMember, Status, UpdateMember};

use crate::app::AppState;
use crate::body::Body;
use crate::cursor::Cursor;
use crate::domain::{Candidate, Change, Luid};
use crate::error::ApiError;

const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1000;

/// Registers a LINE user as a member.
pub(super) async fn register(
    State(app): State<AppState>,
    Body(body): Body<RegisterMember>,
) -> Result<impl IntoResponse, ApiError> {
    let candidate = Candidate::parse(&body).map_err(ApiError::Invalid)?;
    let member = app.store.register(&candidate, app.clock.now()).await?;
    let id = member.member_id;
    tracing::info!(member.id = %id, "registered member {id}");
    let location = format!("/users/{}", candidate.luid.as_str());
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(member),
    ))
}

/// `GET /users?limit=…&cursor=…`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    #[serde(default = "default_limit")]
    limit: u32,
    cursor: Option<String>,
}

fn default_limit() -> u32 {
    PAGE
}

/// One page of members, oldest first.
pub(super) async fn list(
    State(app): State<AppState>,
    Query(query): Query<ListQuery>,
) -> Result<Json<MemberPage>, ApiError> {
    if !(1..=LARGEST_PAGE).contains(&query.limit) {
        return Err(ApiError::BadRequest("limit must be from 1 to 1000"));
    }
    let after = match query.cursor.as_deref().map(Cursor::decode) {
        Some(None) => return Err(ApiError::BadRequest("this is no cursor of this list")),
        Some(after) => after,
        None => None,
    };
    Ok(Json(app.store.list(query.limit, after).await?))
}

/// The member, leaving or not.
pub(super) async fn find(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
) -> Result<Json<Member>, ApiError> {
    let member = app.store.find(&luid).await?;
    member.map(Json).ok_or(ApiError::NotFound)
}

/// Changes what the body names.
pub(super) async fn update(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
    Body(body): Body<UpdateMember>,
) -> Result<Json<Member>, ApiError> {
    let change = Change::parse(&body).map_err(ApiError::Invalid)?;
    let member = app.store.update(&luid, &change, app.clock.now()).await?;
    Ok(Json(member))
}

/// Marks the member as leaving: a stranger from now on.
pub(super) async fn leave(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
) -> Result<StatusCode, ApiError> {
    app.store.leave(&luid, app.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /users/{luid}?status=leaving`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EraseQuery {
    /// Erases only somebody who is in this state.
    status: Option<Status>,
}

/// Erases the person, member or not. Doing it again changes nothing and is no error.
pub(super) async fn erase(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
    Query(query): Query<EraseQuery>,
) -> Result<StatusCode, ApiError> {
    let erased = app
        .store
        .erase(&luid, query.status, app.clock.now())
        .await?;
    if erased {
        tracing::info!("erased a person");
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What the bot may know about the sender of a message; strangers have an answer too.
pub(super) async fn membership(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
) -> Result<Json<Membership>, ApiError> {
    Ok(Json(app.store.membership(&luid).await?))
}
