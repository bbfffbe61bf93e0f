use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use problem::{Json, Path, Query};
use serde::Deserialize;
use service_auth::Caller;
use service_kit::Timestamp;
use users_client::{Member, MemberPage, PersonExport, RegisterMember, Status, UpdateMember, field};
use utoipa::IntoParams;

use crate::app::AppState;
use crate::body::Body;
use crate::domain::{Candidate, Change, Edit, Listing, Luid};
use crate::error::ApiError;
use crate::etag::{Known, Precondition, Versioned};
use crate::idempotency::IdempotencyKey;
use crate::store::{Newcomer, Outcome};

const PAGE: u32 = 100;

/// Says that an answer is an earlier one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Registers a LINE user as a member. Whoever asks the same once more under the same `Idempotency-Key` is answered the
/// same for 24 hours, with `Idempotent-Replayed: true`.
#[utoipa::path(post, path = "/register", tag = "Members", request_body = RegisterMember, responses(
    (status = 201, body = Member, headers(
        ("ETag", description = "Which version this is."),
        ("Location", description = "Where the member is."),
    )),
    (status = 409, description = "already-registered, signed-in-before-leaving, request-in-progress"),
    (status = 422, description = "idempotency-key-reused"),
))]
pub(super) async fn register(
    State(app): State<AppState>,
    Extension(caller): Extension<Caller>,
    key: Option<IdempotencyKey>,
    Body(body): Body<RegisterMember>,
) -> Result<Response, ApiError> {
    let candidate = Candidate::parse(&body).map_err(ApiError::Invalid)?;
    let location = format!("/users/{}", candidate.luid.as_str());
    let newcomer = Newcomer::new(candidate, app.clock.now());
    let asked = key.map(|key| key.asked(&caller, &body));
    let registered = app.store.register(newcomer, asked).await?;
    let mut response = match registered.outcome {
        Outcome::Member(document) => (
            StatusCode::CREATED,
            [(header::LOCATION, location)],
            Versioned::of(document.into()),
        )
            .into_response(),
        Outcome::AlreadyRegistered => ApiError::AlreadyRegistered.into_response(),
        Outcome::SignedInBeforeLeaving => ApiError::SignedInBeforeLeaving.into_response(),
    };
    if registered.is_replay {
        let headers = response.headers_mut();
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// `GET /users?limit=…&cursor=…&sort=…&segment=…`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// How many at most.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: u32,
    /// The `next_cursor` of the page before, of the same list: sorted alike, of the same segment.
    cursor: Option<String>,
    /// What comes first; `-` turns it round. Names compare byte by byte.
    #[param(inline, value_type = Option<field::Sort>)]
    sort: Option<String>,
    /// Which members: an expression of the segment language.
    #[param(value_type = Option<field::Segment>)]
    segment: Option<String>,
}

fn default_limit() -> u32 {
    PAGE
}

/// One page of members, leaving ones among them. Unless asked otherwise: of all, oldest first.
#[utoipa::path(get, path = "/users", tag = "Members", params(ListQuery), responses((status = 200, body = MemberPage)))]
pub(super) async fn list(
    State(app): State<AppState>,
    Query(query): Query<ListQuery>,
) -> Result<Json<MemberPage>, ApiError> {
    let (sort, segment) = (query.sort.as_deref(), query.segment.as_deref());
    let listing = Listing::parse(query.limit, sort, segment, query.cursor.as_deref())
        .map_err(ApiError::BadQuery)?;
    Ok(Json(app.store.list(&listing, app.clock.now()).await?))
}

/// The member, leaving or not. With `If-None-Match`, only if they have changed since.
#[utoipa::path(get, path = "/users/{luid}", tag = "Members", responses(
    (status = 200, body = Member),
    (status = 304, description = "They are still as `If-None-Match` has them."),
    (status = 404, description = "no-such-member"),
))]
pub(super) async fn find(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
    known: Known,
) -> Result<Response, ApiError> {
    let member = app.store.find(&luid).await?.ok_or(ApiError::NotFound)?;
    let member = Versioned::new(&member);
    Ok(known.unless(&member.etag.clone(), || member.into_response()))
}

/// Changes what the body names.
#[utoipa::path(patch, path = "/users/{luid}", tag = "Members", request_body = UpdateMember, responses(
    (status = 200, body = Member),
    (status = 404, description = "no-such-member"),
    (status = 409, description = "leaving"),
    (status = 412, description = "changed"),
))]
pub(super) async fn update(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
    precondition: Precondition,
    Body(body): Body<UpdateMember>,
) -> Result<Versioned, ApiError> {
    let change = Change::parse(&body).map_err(ApiError::Invalid)?;
    let edit = Edit::Profile(change);
    let member = app
        .store
        .edit(&luid, &edit, &precondition, app.clock.now())
        .await?;
    Ok(Versioned::new(&member))
}

/// `POST /users/{luid}/leave?registered_before=…`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct LeaveQuery {
    /// Who registered then or later is another member than the caller means.
    #[param(value_type = Option<field::Timestamp>)]
    registered_before: Option<Timestamp>,
}

/// Marks the member as leaving: a stranger from now on.
#[utoipa::path(post, path = "/users/{luid}/leave", tag = "Members", params(LeaveQuery), responses(
    (status = 204),
    (status = 404, description = "no-such-member"),
    (status = 409, description = "registered-since"),
))]
pub(super) async fn leave(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
    Query(query): Query<LeaveQuery>,
) -> Result<StatusCode, ApiError> {
    app.store
        .leave(&luid, query.registered_before, app.clock.now())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everything that is held about the person, member or not.
#[utoipa::path(get, path = "/users/{luid}/export", tag = "Members", responses(
    (status = 200, body = PersonExport),
    (status = 404, description = "no-such-member"),
))]
pub(super) async fn export(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
) -> Result<impl IntoResponse, ApiError> {
    let held = app.store.export(&luid, app.clock.now()).await?;
    if held.member.is_none() && held.friendship.is_none() {
        return Err(ApiError::NotFound);
    }
    Ok((
        [(
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"my-data.json\"",
        )],
        Json(held),
    ))
}

/// `DELETE /users/{luid}?status=leaving`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct EraseQuery {
    /// Erases only somebody who is in this state.
    status: Option<Status>,
}

/// Erases the person, member or not. Doing it again changes nothing and is no error.
#[utoipa::path(delete, path = "/users/{luid}", tag = "Members", params(EraseQuery), responses((status = 204)))]
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
