//! Words taken back, in the chat for one: a consent, a topic. What the person said later stays.

use axum::extract::State;
use axum::response::Response;
use problem::{Path, Query};
use serde::Deserialize;
use service_kit::Timestamp;
use users_client::{GiveConsent, Member, field};
use utoipa::IntoParams;

use crate::app::AppState;
use crate::domain::{Edit, Luid, Purpose, TopicName, parse_consents};
use crate::error::ApiError;
use crate::etag::{Precondition, Versioned};

/// Somebody else may change the member so often between a look and the change that depends on it.
const TRIES: usize = 3;

/// `?said_at=…`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    /// When the person said so; what they said after that stays. Without it, now.
    #[param(value_type = Option<field::Timestamp>)]
    said_at: Option<Timestamp>,
}

impl Said {
    fn is_before(&self, other: Timestamp) -> bool {
        self.said_at.is_some_and(|said_at| said_at < other)
    }
}

/// The member takes their consent back in the chat. What was never given, or is taken back already, stays as it is.
#[utoipa::path(delete, path = "/users/{luid}/consents/{purpose}", tag = "Consents", params(Said), responses(
    (status = 204),
    (status = 404, description = "no-such-member"),
    (status = 409, description = "leaving"),
    (status = 412, description = "changed"),
))]
pub(super) async fn consent(
    State(app): State<AppState>,
    Path((luid, purpose)): Path<(Luid, Purpose)>,
    Query(said): Query<Said>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    withdraw(&app, &luid, &precondition, |member| {
        let given = member.consents.iter().find(|consent| {
            consent.purpose == purpose.as_str()
                && consent.granted
                && !said.is_before(consent.changed_at)
        });
        let taken_back = given.map(|given| GiveConsent {
            purpose: given.purpose.clone(),
            version: given.version.clone(),
            text_digest: given.text_digest.clone(),
            language: given.language.clone(),
            granted: false,
            channel: "chat".into(),
        });
        taken_back
            .map(|consent| parse_consents(&[consent]).map(Edit::Consents))
            .transpose()
            .map_err(ApiError::Invalid)
    })
    .await
}

/// The member does not want to hear of the topic any more.
#[utoipa::path(delete, path = "/users/{luid}/topics/{topic}", tag = "Topics", params(Said), responses(
    (status = 204),
    (status = 404, description = "no-such-member"),
    (status = 409, description = "leaving"),
    (status = 412, description = "changed"),
))]
pub(super) async fn topic(
    State(app): State<AppState>,
    Path((luid, topic)): Path<(Luid, TopicName)>,
    Query(said): Query<Said>,
    precondition: Precondition,
) -> Result<Response, ApiError> {
    withdraw(&app, &luid, &precondition, |member| {
        let known = member
            .topics
            .iter()
            .find(|known| known.topic == topic.as_str());
        let stays = known.is_some_and(|known| said.is_before(known.changed_at));
        Ok((!stays).then(|| Edit::Topic(topic.clone(), false)))
    })
    .await
}

/// Makes the change that depends on what the member said so far.
async fn withdraw(
    app: &AppState,
    luid: &Luid,
    precondition: &Precondition,
    decide: impl Fn(&Member) -> Result<Option<Edit>, ApiError>,
) -> Result<Response, ApiError> {
    for _ in 0..TRIES {
        let member = app.store.find(luid).await?.ok_or(ApiError::NotFound)?;
        precondition.check(&member)?;
        let Some(edit) = decide(&member)? else {
            return Ok(Versioned::new(&member).without_body());
        };
        let unchanged = Precondition::unchanged(&member);
        match app
            .store
            .edit(luid, &edit, &unchanged, app.clock.now())
            .await
        {
            Err(ApiError::Changed) => {}
            edited => return Ok(Versioned::new(&edited?).without_body()),
        }
    }
    Err(ApiError::Changed)
}
