use std::sync::Arc;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::response::IntoResponse;
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, StatusCode, header};
use problem::Query;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use users_client::field;
use utoipa::IntoParams;

use crate::app::AppState;
use crate::error::ApiError;
use crate::table::{Entry, Report, ReportLine, Table};

/// The largest file.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

pub(super) fn body_limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(BODY_LIMIT)
}

/// `POST /imports?dry_run=…`. There is no default: nobody changes many members by leaving something out.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportQuery {
    /// Whether only to say what would happen.
    #[param(inline, value_type = field::DryRun)]
    dry_run: bool,
}

/// Imports members from CSV and streams a report, a line for each row, the summary last. A report that breaks off has no
/// summary: what it tells of is done, the rest may be; the same file again does what is missing.
#[utoipa::path(post, path = "/imports", tag = "Tables", params(ImportQuery),
    request_body(content = field::Csv, content_type = "text/csv", description = "UTF-8, of 16 MiB at most."),
    responses(
        (status = 200, description = "A line each.", body = ReportLine, content_type = "application/x-ndjson",
            example = json!({ "line": 2, "outcome": "changed" })),
        (status = 409, description = "import-in-progress"),
    )
)]
pub(super) async fn create(
    State(app): State<AppState>,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<impl IntoResponse, ApiError> {
    let turn = Arc::clone(&app.importing).try_acquire_owned();
    let turn = turn.map_err(|_| ApiError::Importing)?;
    let table = Table::open(csv_of(request).await?).map_err(ApiError::Invalid)?;
    let import = Import {
        app,
        table,
        report: Report::new(query.dry_run),
        _turn: turn,
    };
    // Done before the first byte goes out, so that a store that is away is still answered 503.
    let (first, rest) = import.go_on().await?;
    let rest = stream::unfold(rest, |import| async { import?.go_on_or_break_off().await });
    let first = stream::once(std::future::ready(Ok(first)));
    Ok((
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Body::from_stream(futures::StreamExt::chain(first, rest)),
    ))
}

/// An import that is running.
struct Import {
    app: AppState,
    table: Table,
    report: Report,
    _turn: OwnedSemaphorePermit,
}

type Chunk = Result<Bytes, ApiError>;

impl Import {
    /// Does the next rows, and tells of them; or sums up.
    async fn go_on(mut self) -> Result<(Bytes, Option<Self>), ApiError> {
        let group = self.table.next_group();
        if group.is_empty() {
            let report = self.report;
            let Report {
                dry_run,
                rows,
                created,
                changed,
                unchanged,
                refused,
            } = report;
            tracing::info!(
                dry_run,
                rows,
                created,
                changed,
                unchanged,
                refused,
                "imported {rows} rows"
            );
            return Ok((lines(&[report.end()]), None));
        }
        let mut rows = Vec::new();
        let entries: Vec<_> = group
            .into_iter()
            .map(|Entry { line, row }| (line, row.map(|row| rows.push(row))))
            .collect();
        let (dry_run, now) = (self.report.dry_run, self.app.clock.now());
        let mut came_to = self.app.store.import(rows, dry_run, now).await?.into_iter();
        let told: Vec<_> = entries
            .into_iter()
            .filter_map(|(line, row)| {
                let came_to = row.map_or_else(|refusal| Some(Err(refusal)), |()| came_to.next());
                Some(self.report.add(line, came_to?))
            })
            .collect();
        Ok((lines(&told), Some(self)))
    }

    async fn go_on_or_break_off(self) -> Option<(Chunk, Option<Self>)> {
        match self.go_on().await {
            Ok((lines, rest)) => Some((Ok(lines), rest)),
            Err(error) => {
                tracing::error!(
                    error = service_kit::telemetry::chain(&error),
                    "an import broke off"
                );
                Some((Err(error), None))
            }
        }
    }
}

async fn csv_of(request: Request) -> Result<Bytes, ApiError> {
    if !is_csv(request.headers()) {
        return Err(ApiError::NotCsv);
    }
    let read = Bytes::from_request(request, &()).await;
    read.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
        _ => ApiError::BadRequest("the body did not arrive whole"),
    })
}

/// `text/csv`, in UTF-8 if it says so at all.
fn is_csv(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let Some(content_type) = content_type.map(str::to_ascii_lowercase) else {
        return false;
    };
    let mut parts = content_type.split(';').map(str::trim);
    parts.next() == Some("text/csv")
        && parts
            .filter_map(|part| part.strip_prefix("charset="))
            .all(|charset| charset.trim_matches('"') == "utf-8")
}

fn lines(report: &[ReportLine]) -> Bytes {
    let mut lines = Vec::new();
    for line in report {
        serde_json::to_writer(&mut lines, line).expect("a report is plain JSON");
        lines.push(b'\n');
    }
    lines.into()
}
