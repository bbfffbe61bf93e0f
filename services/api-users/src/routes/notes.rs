//! What is kept beside the profile, piece by piece: topics, tags, attributes. Each answers 204 with the member's new
//! entity tag; what is so already stays so.

use axum::extract::State;
use axum::response::Response;
use problem::{FieldError, Json, Path};
use users_client::{Attribute as AttributeDocument, Topic, field};

use crate::app::AppState;
use crate::body::Body;
use crate::domain::{Attribute, AttributeName, Edit, Luid, Tag, TopicName};
use crate::error::ApiError;
use crate::etag::{Precondition, Versioned};

/// What the member said about each topic.
#[utoipa::path(get, path = "/users/{luid}/topics", tag = "Topics", responses(
    (status = 200, body = Vec<Topic>),
    (status = 404, description = "no-such-member"),
))]
pub(super) async fn topics(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
) -> Result<Json<Vec<Topic>>, ApiError> {
    let member = app.store.find(&luid).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(member.topics))
}

/// The member wants to hear of the topic.
#[utoipa::path(put, path = "/users/{luid}/topics/{topic}", tag = "Topics", responses(
    (status = 204),
    (status = 404, description = "no-such-member"),
    (status = 409, description = "leaving, no-room"),
    (status = 412, description = "changed"),
))]
pub(super) async fn subscribe(
    State(app): State<AppState>,
    Path((luid, topic)): Path<(Luid, TopicName)>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    edit(&app, &luid, Edit::Topic(topic, true), &precondition).await
}

/// Puts the member under the tag.
#[utoipa::path(put, path = "/users/{luid}/tags/{tag}", tag = "Notes", responses(
    (status = 204),
    (status = 404, description = "no-such-member"),
    (status = 409, description = "leaving, no-room"),
    (status = 412, description = "changed"),
))]
pub(super) async fn tag(
    State(app): State<AppState>,
    Path((luid, tag)): Path<(Luid, Tag)>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    edit(&app, &luid, Edit::Tag(tag, true), &precondition).await
}

/// Takes the tag off the member.
#[utoipa::path(delete, path = "/users/{luid}/tags/{tag}", tag = "Notes", responses(
    (status = 204),
    (status = 404, description = "no-such-member"),
    (status = 409, description = "leaving"),
    (status = 412, description = "changed"),
))]
pub(super) async fn untag(
    State(app): State<AppState>,
    Path((luid, tag)): Path<(Luid, Tag)>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    edit(&app, &luid, Edit::Tag(tag, false), &precondition).await
}

/// Notes a text, a number or a truth under the name.
#[utoipa::path(put, path = "/users/{luid}/attributes/{name}", tag = "Notes", request_body = field::Attribute, responses(
    (status = 204),
    (status = 404, description = "no-such-member"),
    (status = 409, description = "leaving, no-room"),
    (status = 412, description = "changed"),
))]
pub(super) async fn set_attribute(
    State(app): State<AppState>,
    Path((luid, name)): Path<(Luid, AttributeName)>,
    precondition: Precondition,
    Body(body): Body<AttributeDocument>,
) -> Result<Response, ApiError> {
    let value = Attribute::parse(body).map_err(|invalid| {
        ApiError::Invalid(vec![FieldError {
            pointer: String::new(),
            detail: invalid.to_string(),
        }])
    })?;
    let noted = Edit::Attribute(name, Some(value));
    edit(&app, &luid, noted, &precondition).await
}

/// Forgets what is noted under the name.
#[utoipa::path(delete, path = "/users/{luid}/attributes/{name}", tag = "Notes", responses(
    (status = 204),
    (status = 404, description = "no-such-member"),
    (status = 409, description = "leaving"),
    (status = 412, description = "changed"),
))]
pub(super) async fn remove_attribute(
    State(app): State<AppState>,
    Path((luid, name)): Path<(Luid, AttributeName)>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    edit(&app, &luid, Edit::Attribute(name, None), &precondition).await
}

async fn edit(
    app: &AppState,
    luid: &Luid,
    edit: Edit,
    precondition: &Precondition,
) -> Result<Response, ApiError> {
    let member = app
        .store
        .edit(luid, &edit, precondition, app.clock.now())
        .await?;
    Ok(Versioned::new(&member).without_body())
}
