//! The webhook's address, read, set and tried through the API.

use axum::extract::State;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use problem::Json;
use serde_json::json;
use url::Url;

use super::{Answer, Refusal, body, empty};
use crate::app::App;
use crate::{clock, webhook};

pub(crate) async fn find(State(app): State<App>) -> Answer {
    app.world(|world| {
        let webhook = &world.settings.webhook;
        let endpoint = webhook.url.as_deref().ok_or_else(nowhere)?;
        Ok(Json(json!({"endpoint": endpoint, "active": webhook.active})).into_response())
    })
}

pub(crate) async fn set(State(app): State<App>, bytes: Bytes) -> Answer {
    let body = body::object(&bytes)?;
    let endpoint = checked(body["endpoint"].as_str().unwrap_or_default())?;
    app.world(|world| {
        world.settings.webhook.url = Some(endpoint);
        world.changed();
    });
    Ok(empty())
}

pub(crate) async fn test(State(app): State<App>, bytes: Bytes) -> Answer {
    let body = if bytes.is_empty() {
        json!({})
    } else {
        body::object(&bytes)?
    };
    let endpoint = match body["endpoint"].as_str() {
        Some(given) => checked(given)?,
        None => app
            .world(|world| world.settings.webhook.url.clone())
            .ok_or_else(nowhere)?,
    };
    let outcome = webhook::verify(&app, &endpoint).await;
    let status = outcome.status.unwrap_or(0);
    let (reason, detail) = match (outcome.status, outcome.error) {
        (Some(200..=299), _) => ("OK", status.to_string()),
        (Some(_), _) => ("ERROR_STATUS_CODE", status.to_string()),
        (None, Some("request_timeout")) => ("REQUEST_TIMEOUT", "Request timeout".into()),
        (None, Some("could_not_connect")) => ("COULD_NOT_CONNECT", "Connection failed".into()),
        (None, _) => ("UNCLASSIFIED", "Unclassified webhook dispatch error".into()),
    };
    Ok(Json(json!({
        "success": reason == "OK",
        "timestamp": clock::iso(app.now()),
        "statusCode": status,
        "reason": reason,
        "detail": detail,
    }))
    .into_response())
}

fn nowhere() -> Refusal {
    Refusal::new(http::StatusCode::NOT_FOUND, "Webhook endpoint not found")
}

/// LINE wants HTTPS; here plain HTTP will do, for nothing leaves the machine.
fn checked(endpoint: &str) -> Result<String, Refusal> {
    let fits = endpoint.len() <= 500
        && Url::parse(endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if fits {
        Ok(endpoint.to_owned())
    } else {
        Err(Refusal::bad("Invalid webhook endpoint URL"))
    }
}
