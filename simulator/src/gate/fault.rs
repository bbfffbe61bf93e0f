//! Faults acted out.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::app::App;
use crate::messaging;
use crate::world::{Fault, FaultKind, Part};

/// Marks a response that must never reach the wire.
#[derive(Debug, Clone)]
pub(super) struct Cut;

/// Answers as `fault` says; `usual` is what would have happened.
pub(super) async fn act(
    app: &App,
    fault: &Fault,
    asked: &Part,
    path: &str,
    usual: impl Future<Output = Response>,
) -> Response {
    let in_handler = matches!(
        fault.answer,
        FaultKind::Usual
            | FaultKind::AutoLoginFailure
            | FaultKind::IdToken(_)
            | FaultKind::OtherSub
    );
    let usual = if fault.accept || in_handler {
        Some(usual.await)
    } else {
        if refused_for_good(&fault.answer).is_none() {
            messaging::remember_retry_key(app, asked, path);
        }
        None
    };
    match (&fault.answer, usual) {
        (
            FaultKind::Respond {
                status,
                body,
                headers,
            },
            _,
        ) => respond(*status, body, headers),
        (FaultKind::Large { bytes }, _) => large(*bytes),
        (FaultKind::Cut | FaultKind::Hang, _) | (_, None) => cut(),
        (_, Some(usual)) => usual,
    }
}

/// The status, where it tells the caller that nothing was done and nothing will be.
fn refused_for_good(answer: &FaultKind) -> Option<u16> {
    match answer {
        FaultKind::Respond { status, .. } if (400..500).contains(status) => Some(*status),
        _ => None,
    }
}

fn respond(
    status: u16,
    body: &Value,
    headers: &std::collections::BTreeMap<String, String>,
) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match body {
        Value::Null => status.into_response(),
        Value::String(text) => (status, text.clone()).into_response(),
        json => (status, problem::Json(json)).into_response(),
    };
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::try_from(value.as_str()),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn large(bytes: usize) -> Response {
    let spaces = Bytes::from(vec![b' '; bytes]);
    ([(header::CONTENT_TYPE, "application/json")], spaces).into_response()
}

fn cut() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Cut);
    response
}

/// Waits as long as `fault` says; for ever, if it is to hang.
pub(super) async fn hold_back(app: &App, fault: &Fault) {
    let held = async {
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
        if matches!(fault.answer, FaultKind::Hang) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = held => {}
        () = app.stopping.cancelled() => {}
    }
}

/// A response whose body fails before a byte of it, or of its head, is flushed: the connection just ends.
pub(super) fn cut_now() -> Response {
    let broken = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
    Response::new(Body::from_stream(broken))
}
