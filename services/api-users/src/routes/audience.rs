use std::collections::HashSet;

use axum::body::Body as Stream;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::IntoResponse;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::header;
use problem::{Json, Query};
use serde::Deserialize;
use service_kit::Timestamp;
use users_client::{
    AudienceMember, AudiencePreview, AudienceRequest, CheckAudience, CheckedAudience, field,
};
use utoipa::{IntoParams, ToSchema};

use crate::app::AppState;
use crate::body::Body;
use crate::domain::{Audience, RecipientCheck};
use crate::error::ApiError;
use crate::store::{AudiencePage, Store};

/// Counts whom an audience reaches, and whom of the members it names it leaves out for which reason. Everybody is counted
/// once, for the first of the reasons.
#[utoipa::path(post, path = "/audiences/preview", tag = "Audiences", request_body = AudienceRequest, responses(
    (status = 200, body = AudiencePreview),
))]
pub(super) async fn preview(
    State(app): State<AppState>,
    Body(body): Body<AudienceRequest>,
) -> Result<Json<AudiencePreview>, ApiError> {
    let audience = Audience::parse(&body).map_err(ApiError::Invalid)?;
    Ok(Json(app.store.preview(&audience, app.clock.now()).await?))
}

/// `GET /audiences/members?consent=…&topic=…&segment=…&include=profile`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct AudienceQuery {
    /// The purpose that they consent to.
    #[param(value_type = field::Purpose)]
    consent: String,
    /// The topic that they are subscribed to. Who has said nothing about it is not.
    #[param(value_type = Option<field::Purpose>)]
    topic: Option<String>,
    /// Which members: an expression of the segment language.
    #[param(value_type = Option<field::Segment>)]
    segment: Option<String>,
    /// What else to tell of them.
    #[param(inline)]
    include: Option<Include>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Include {
    /// Tags and attributes.
    Profile,
}

/// Streams the active members who have not blocked the bot, consent to the purpose and are subscribed to the topic, a
/// JSON line each. A stream that cannot go on breaks off without its end: half an audience must not look like one.
#[utoipa::path(get, path = "/audiences/members", tag = "Audiences", params(AudienceQuery), responses(
    (status = 200, description = "A line each.", body = AudienceMember, content_type = "application/x-ndjson"),
))]
pub(super) async fn stream(
    State(app): State<AppState>,
    Query(query): Query<AudienceQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let request = AudienceRequest {
        consent: query.consent,
        topic: query.topic,
        segment: query.segment,
    };
    let pages = Pages {
        store: app.store.clone(),
        audience: Audience::parse(&request).map_err(ApiError::BadQuery)?,
        with_profile: query.include.is_some(),
        now: app.clock.now(),
    };
    // Asked before the first byte goes out, so that a store that is away is still answered 503.
    let first = pages.after(Vec::new()).await?;
    let rest = stream::unfold((pages, first.until), |(pages, after)| async move {
        let (chunk, after) = pages.go_on(after?).await;
        Some((chunk, (pages, after)))
    });
    let first = Ok(lines(&first.members));
    let lines = stream::once(std::future::ready(first)).chain(rest);
    Ok((
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Stream::from_stream(lines),
    ))
}

/// Of the members given, those who are in the audience now, or those who are not. Whoever freezes recipients asks again before writing to them.
#[utoipa::path(post, path = "/audiences/check", tag = "Audiences", request_body = CheckAudience, responses(
    (status = 200, body = CheckedAudience),
))]
pub(super) async fn check(
    State(app): State<AppState>,
    Body(body): Body<CheckAudience>,
) -> Result<Json<CheckedAudience>, ApiError> {
    let only_gone = body.only_gone;
    let check = RecipientCheck::parse(body).map_err(ApiError::Invalid)?;
    let reached = app.store.check_audience(&check, app.clock.now()).await?;
    Ok(Json(if only_gone {
        let reached: HashSet<_> = reached.into_iter().collect();
        let mut gone = check.member_ids;
        gone.retain(|member| !reached.contains(member));
        CheckedAudience {
            member_ids: None,
            gone: Some(gone),
        }
    } else {
        CheckedAudience {
            member_ids: Some(reached),
            gone: None,
        }
    }))
}

/// An ID takes 39 bytes, and some more where it is set out for people to read.
pub(super) fn check_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(RecipientCheck::MEMBERS * 64)
}

/// An audience, page by page. What is relative to now is so to the same moment on all of them.
struct Pages {
    store: Store,
    audience: Audience,
    with_profile: bool,
    now: Timestamp,
}

impl Pages {
    async fn after(&self, id: Vec<u8>) -> Result<AudiencePage, ApiError> {
        self.store
            .audience(&self.audience, self.with_profile, id, self.now)
            .await
    }

    async fn go_on(&self, after: Vec<u8>) -> (Result<Bytes, ApiError>, Option<Vec<u8>>) {
        match self.after(after).await {
            Ok(page) => (Ok(lines(&page.members)), page.until),
            Err(error) => {
                tracing::error!(
                    error = service_kit::telemetry::chain(&error),
                    "an audience broke off"
                );
                (Err(error), None)
            }
        }
    }
}

fn lines(members: &[AudienceMember]) -> Bytes {
    let mut lines = Vec::new();
    for member in members {
        serde_json::to_writer(&mut lines, member).expect("a member is plain JSON");
        lines.push(b'\n');
    }
    lines.into()
}
