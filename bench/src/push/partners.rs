//! Whom push-msg calls: the members' API with an audience of any size, and LINE, which accepts whatever comes. All is counted.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use chrono::DateTime;
use serde_json::{Value, json};
use service_kit::Clock;
use tokio::net::TcpListener;

use super::luid;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where both are.
    #[arg(long)]
    listen: SocketAddr,

    /// How many members the audience has.
    #[arg(long)]
    members: u64,
}

struct Partners {
    members: u64,
    calls: AtomicU64,
    bytes: AtomicU64,
    recipients: AtomicU64,
}

type Shared = State<Arc<Partners>>;

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let partners = Arc::new(Partners {
        members: options.members,
        calls: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        recipients: AtomicU64::new(0),
    });
    let routes = Router::new()
        .route("/changes", get(nobody_was_erased))
        .route("/audiences/members", get(audience))
        .route("/audiences/check", post(all_still_want_it))
        .route("/v2/bot/message/quota", get(no_limit))
        .route("/v2/bot/message/quota/consumption", get(nothing_used))
        .route("/v2/bot/message/multicast", post(accept))
        .route("/campaign", get(campaign))
        .route("/totals", get(totals))
        .layer(DefaultBodyLimit::disable())
        .with_state(partners);
    axum::serve(TcpListener::bind(options.listen).await?, routes).await?;
    Ok(())
}

async fn nobody_was_erased() -> impl IntoResponse {
    answer(&json!({ "changes": [], "next_after": 0 }))
}

async fn no_limit() -> impl IntoResponse {
    answer(&json!({ "type": "none" }))
}

async fn nothing_used() -> impl IntoResponse {
    answer(&json!({ "totalUsage": 0 }))
}

/// Lines that the stream sends at once.
const CHUNK: u64 = 500;

async fn audience(State(partners): Shared) -> Body {
    let members = partners.members;
    let chunk = move |index: u64| {
        let mut lines = String::new();
        for number in index * CHUNK..members.min((index + 1) * CHUNK) {
            let luid = luid(number);
            let _ = writeln!(
                lines,
                r#"{{"member_id":"{:08x}-0000-7000-8000-{number:012x}","luid":"{luid}","display_name":"Alice Miller","language":"ja","time_zone":"Asia/Tokyo","quiet_hours":null}}"#,
                number / 1000
            );
        }
        Ok::<_, std::convert::Infallible>(lines)
    };
    let chunks = (0..members.div_ceil(CHUNK)).map(chunk);
    Body::from_stream(futures::stream::iter(chunks))
}

async fn all_still_want_it(_: Bytes) -> impl IntoResponse {
    answer(&json!({ "gone": [] }))
}

async fn accept(State(partners): Shared, body: Bytes) -> impl IntoResponse {
    let recipients = body.windows(2).filter(|two| two == b"\"U").count() as u64;
    let count = |what: &AtomicU64, more| what.fetch_add(more, Ordering::Relaxed);
    count(&partners.calls, 1);
    count(&partners.bytes, body.len() as u64);
    count(&partners.recipients, recipients);
    let request = [("x-line-request-id", "7b1c5a9e-0000-4000-8000-000000000000")];
    (request, answer(&json!({})))
}

/// For everybody who consents to news, once, and soon.
async fn campaign() -> String {
    let at = Clock::system().now() + Duration::from_secs(2);
    let at = DateTime::from_timestamp_millis(at.as_millis()).unwrap_or_default();
    let at = at.to_rfc3339();
    format!(
        r#"name: bench
schedule: {{ at: "{at}" }}
not_after: 1h
audience: {{ consent: news }}
messages:
  - type: text
    text: The shop opens at ten today.
"#
    )
}

async fn totals(State(partners): Shared) -> impl IntoResponse {
    let seen = |what: &AtomicU64| what.load(Ordering::Relaxed);
    answer(&json!({
        "calls": seen(&partners.calls),
        "bytes": seen(&partners.bytes),
        "recipients": seen(&partners.recipients),
    }))
}

fn answer(document: &Value) -> impl IntoResponse + use<> {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, document.to_string())
}
