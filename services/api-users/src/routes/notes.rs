//! What is kept beside the profile, piece by piece: topics, tags, attributes. Each answers 204 with the member's new
//! entity tag; what is so already stays so.

use axum::extract::State;
use axum::response::Response;
use problem::{FieldError, Json, Path};
use users_client::{Attribute as AttributeDocument, Topic};

use crate::app::AppState;
use crate::body::Body;
use crate::domain::{Attribute, AttributeName, Edit, Luid, Tag, TopicName};
use crate::error::ApiError;
use crate::etag::{Precondition, Versioned};

/// What the member said about each topic.
pub(super) async fn topics(
    State(app): State<AppState>,
    Path(luid): Path<Luid>,
) -> Result<Json<Vec<Topic>>, ApiError> {
    let member = app.store.find(&luid).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(member.topics))
}

/// The member wants to hear of the topic.
pub(super) async fn subscribe(
    State(app): State<AppState>,
    Path((luid, topic)): Path<(Luid, TopicName)>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    edit(&app, &luid, Edit::Topic(topic, true), &precondition).await
}

/// The member does not want to hear of the topic any more.
pub(super) async fn unsubscribe(
    State(app): State<AppState>,
    Path((luid, topic)): Path<(Luid, TopicName)>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    edit(&app, &luid, Edit::Topic(topic, false), &precondition).await
}

/// Puts the member under the tag.
pub(super) async fn tag(
    State(app): State<AppState>,
    Path((luid, tag)): Path<(Luid, Tag)>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    edit(&app, &luid, Edit::Tag(tag, true), &precondition).await
}

/// Takes the tag off the member.
pub(super) async fn untag(
    State(app): State<AppState>,
    Path((luid, tag)): Path<(Luid, Tag)>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    edit(&app, &luid, Edit::Tag(tag, false), &precondition).await
}

/// Notes a text, a number or a truth under the name.
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
