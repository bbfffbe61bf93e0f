use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::header;
use users_client::Member;
use uuid::Uuid;

use crate::app::AppState;
use crate::error::ApiError;
use crate::store::Store;
use crate::table::Sheet;

/// As many members are in memory at once.
const PAGE: u32 = 500;

/// Streams all members as CSV, leaving or not, with a column for each attribute, purpose and topic that there is. An
/// import takes the file as it is. A stream that cannot go on breaks off without its end.
#[utoipa::path(get, path = "/exports/members", tag = "Tables", responses(
    (status = 200, description = "UTF-8 with a byte order mark.", body = String, content_type = "text/csv"),
))]
pub(super) async fn members(State(app): State<AppState>) -> Result<impl IntoResponse, ApiError> {
    // Asked before the first byte goes out, so that a store that is away is still answered 503.
    let (sheet, header) = Sheet::begin(app.store.names().await?);
    let first = app.store.members(None, PAGE).await?;
    let begin = [Ok(header), Ok(sheet.rows(&first))];
    let rest = stream::unfold((sheet, next(&first)), move |(sheet, after)| {
        go_on(app.store.clone(), sheet, after)
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

type Chunk = Result<Bytes, ApiError>;

async fn go_on(
    store: Store,
    sheet: Sheet,
    after: Option<Uuid>,
) -> Option<(Chunk, (Sheet, Option<Uuid>))> {
    match store.members(Some(after?), PAGE).await {
        Ok(page) => Some((Ok(sheet.rows(&page)), (sheet, next(&page)))),
        Err(error) => {
            tracing::error!(
                error = service_kit::telemetry::chain(&error),
                "an export broke off"
            );
            Some((Err(error), (sheet, None)))
        }
    }
}

/// Where to go on, unless this page was the last.
fn next(page: &[Member]) -> Option<Uuid> {
    let full = page.len() >= PAGE as usize;
    page.last().filter(|_| full).map(|member| member.member_id)
}
