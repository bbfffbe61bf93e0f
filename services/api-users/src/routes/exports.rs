use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::header;
use problem::Query;
use serde::Deserialize;
use service_kit::Timestamp;
use users_client::{MemberPage, field};
use utoipa::IntoParams;

use crate::app::AppState;
use crate::domain::Listing;
use crate::error::ApiError;
use crate::store::Store;
use crate::table::Sheet;

/// As many members are in memory at once.
const PAGE: u32 = 500;

/// `GET /exports/members?segment=…`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportQuery {
    /// Only the members whom it names.
    #[param(value_type = Option<field::Segment>)]
    segment: Option<String>,
}

/// Streams members as CSV, leaving or not, oldest first, with a column for each attribute, purpose and topic that there
/// is. An import takes the file as it is. A stream that cannot go on breaks off without its end.
#[utoipa::path(get, path = "/exports/members", tag = "Tables", params(ExportQuery), responses(
    (status = 200, description = "UTF-8 with a byte order mark.", body = field::Csv, content_type = "text/csv"),
))]
pub(super) async fn members(
    State(app): State<AppState>,
    Query(query): Query<ExportQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let (segment, now) = (query.segment, app.clock.now());
    // Asked before the first byte goes out, so that a store that is away is still answered 503.
    let first = page(&app.store, segment.as_deref(), None, now).await?;
    let (sheet, header) = Sheet::begin(app.store.names().await?);
    let begin = [Ok(header), Ok(sheet.rows(&first.members))];
    let export = Export {
        store: app.store.clone(),
        sheet,
        segment,
        now,
    };
    let rest = stream::unfold((export, first.next_cursor), |(export, cursor)| {
        export.go_on(cursor)
    });
    Ok((
        [
            (
                header::CONTENT_TYPE,
                "text/csv; charset=utf-8; header=present",
            ),
            (
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"members.csv\"",
            ),
        ],
        Body::from_stream(stream::iter(begin).chain(rest)),
    ))
}

/// An export that is running.
struct Export {
    store: Store,
    sheet: Sheet,
    segment: Option<String>,
    now: Timestamp,
}

type Chunk = Result<Bytes, ApiError>;

impl Export {
    async fn go_on(self, cursor: Option<String>) -> Option<(Chunk, (Self, Option<String>))> {
        let cursor = cursor?;
        let segment = self.segment.as_deref();
        match page(&self.store, segment, Some(&cursor), self.now).await {
            Ok(page) => Some((Ok(self.sheet.rows(&page.members)), (self, page.next_cursor))),
            Err(error) => {
                tracing::error!(
                    error = service_kit::telemetry::chain(&error),
                    "an export broke off"
                );
                Some((Err(error), (self, None)))
            }
        }
    }
}

async fn page(
    store: &Store,
    segment: Option<&str>,
    cursor: Option<&str>,
    now: Timestamp,
) -> Result<MemberPage, ApiError> {
    let listing = Listing::parse(PAGE, None, segment, cursor).map_err(ApiError::BadQuery)?;
    store.list(&listing, now).await
}
