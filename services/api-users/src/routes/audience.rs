use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::header;
use problem::Query;
use serde::Deserialize;
use users_client::{AudienceMember, field};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::AppState;
use crate::domain::Purpose;
use crate::error::ApiError;
use crate::store::Store;

/// As many lines are in memory at once.
const PAGE: u32 = 500;

/// `GET /audiences/members?consent=…`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct AudienceQuery {
    /// The purpose that they consent to.
    #[param(value_type = field::Purpose)]
    consent: String,
}

/// Streams the active members who have not blocked the bot and consent to the purpose, a JSON line each. A stream
/// that cannot go on breaks off without its end: half an audience must not look like one.
#[utoipa::path(get, path = "/audiences/members", tag = "Audiences", params(AudienceQuery), responses(
    (status = 200, description = "A line each.", body = AudienceMember, content_type = "application/x-ndjson"),
))]
pub(super) async fn stream(
    State(app): State<AppState>,
    Query(query): Query<AudienceQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let purpose = Purpose::parse(&query.consent)
        .map_err(|_| ApiError::BadRequest("consent must name a purpose"))?;
    // Asked before the first byte goes out, so that a store that is away is still answered 503.
    let first = app.store.audience(&purpose, None, PAGE).await?;
    let rest = stream::unfold(next(&first), move |after| {
        go_on(app.store.clone(), Purpose::clone(&purpose), after)
    });
    let lines = stream::once(std::future::ready(Ok(lines(&first)))).chain(rest);
    Ok((
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Body::from_stream(lines),
    ))
}

type Chunk = Result<Bytes, ApiError>;

async fn go_on(
    store: Store,
    purpose: Purpose,
    after: Option<Uuid>,
) -> Option<(Chunk, Option<Uuid>)> {
    match store.audience(&purpose, Some(after?), PAGE).await {
        Ok(page) => Some((Ok(lines(&page)), next(&page))),
        Err(error) => {
            tracing::error!(
                error = service_kit::telemetry::chain(&error),
                "an audience broke off"
            );
            Some((Err(error), None))
        }
    }
}

/// Where to go on, unless this page was the last.
fn next(page: &[AudienceMember]) -> Option<Uuid> {
    let full = page.len() >= PAGE as usize;
    page.last().filter(|_| full).map(|member| member.member_id)
}

fn lines(page: &[AudienceMember]) -> Bytes {
    let mut lines = Vec::new();
    for member in page {
        serde_json::to_writer(&mut lines, member).expect("a member is plain JSON");
        lines.push(b'\n');
    }
    lines.into()
}
