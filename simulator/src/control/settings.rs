//! What an operator sets in LINE's consoles.

use axum::extract::State;
use http::StatusCode;
use problem::{Json, Problem};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use crate::app::App;
use crate::webhook;
use crate::world::{Group, Settings, WebhookSettings};

/// Everything the page starts from.
pub(super) async fn state(State(app): State<App>) -> Answer {
    let now = app.now();
    Ok(Json(app.world(|world| {
        let people: Vec<Value> = world.everybody().iter().map(|p| p.view(now)).collect();
        let groups: Vec<&Group> = world.groups.values().collect();
        let faults: Vec<_> = world.faults.all().collect();
        json!({
            "now": now,
            "bot": {"id": app.credentials.bot_user_id, "name": app.bot_name},
            "people": people,
            "groups": groups,
            "webhook": world.settings.webhook,
            "settings": world.settings,
            "callbacks": world.settings.callbacks,
            "quota": {"limit": world.quota.limit, "used": world.quota.used(now)},
            "faults": faults,
        })
    })))
}

/// For scripts on this machine that talk to this LINE with SDKs of their own.
pub(super) async fn credentials(State(app): State<App>) -> Answer {
    let credentials = &app.credentials;
    Ok(Json(json!({
        "channel_id": credentials.channel_id,
        "channel_secret": credentials.channel_secret,
        "channel_access_token": credentials.channel_access_token,
        "bot_user_id": credentials.bot_user_id,
        "login_channel_id": credentials.login_channel_id,
        "login_channel_secret": credentials.login_channel_secret,
    })))
}

pub(super) async fn show(State(app): State<App>) -> Answer {
    Ok(Json(json!(app.world(|world| world.settings.clone()))))
}

/// Changes the fields given and leaves the rest.
pub(super) async fn put(State(app): State<App>, Json(changes): Json<Value>) -> Answer {
    app.world(|world| {
        let mut settings: Settings = patched(&world.settings, &changes)?;
        settings.webhook = world.settings.webhook.clone();
        settings.callbacks.clone_from(&world.settings.callbacks);
        world.settings = settings;
        world.changed();
        Ok(Json(json!(world.settings)))
    })
}

pub(super) async fn webhook(State(app): State<App>) -> Answer {
    Ok(Json(json!(
        app.world(|world| world.settings.webhook.clone())
    )))
}

pub(super) async fn put_webhook(State(app): State<App>, Json(changes): Json<Value>) -> Answer {
    app.world(|world| {
        let webhook: WebhookSettings = patched(&world.settings.webhook, &changes)?;
        world.settings.webhook = webhook;
        world.changed();
        Ok(Json(json!(world.settings.webhook)))
    })
}

fn patched<T: serde::Serialize + serde::de::DeserializeOwned>(
    current: &T,
    changes: &Value,
) -> Result<T, Problem> {
    let mut whole = current
        .serialize(serde_json::value::Serializer)
        .map_err(|_| Problem::internal())?;
    if let (Some(whole), Some(changes)) = (whole.as_object_mut(), changes.as_object()) {
        whole.extend(changes.clone());
    }
    serde_json::from_value(whole).map_err(|error| Problem::bad_request(error.to_string()))
}

pub(super) async fn verify_webhook(State(app): State<App>) -> Answer {
    let url = app
        .world(|world| world.settings.webhook.url.clone())
        .ok_or_else(|| super::conflict("no webhook URL is set"))?;
    Ok(Json(json!({"delivery": webhook::verify(&app, &url).await})))
}

pub(super) async fn statistics(State(app): State<App>) -> Answer {
    Ok(Json(json!(app.world(|world| world.statistics.clone()))))
}

pub(super) async fn quota(State(app): State<App>) -> Answer {
    let now = app.now();
    Ok(Json(app.world(
        |world| json!({"limit": world.quota.limit, "used": world.quota.used(now)}),
    )))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewQuota {
    /// `null`: no limit.
    limit: Option<u64>,
    used: Option<u64>,
}

pub(super) async fn put_quota(State(app): State<App>, Json(new): Json<NewQuota>) -> Answer {
    let now = app.now();
    app.world(|world| {
        world.quota.limit = new.limit;
        if let Some(used) = new.used {
            world.quota.set_used(used, now);
        }
        world.changed();
    });
    quota(State(app)).await
}

pub(super) async fn callbacks(State(app): State<App>) -> Answer {
    let urls = app.world(|world| world.settings.callbacks.clone());
    Ok(Json(json!({"callbacks": urls})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Callback {
    url: String,
}

pub(super) async fn add_callback(
    State(app): State<App>,
    Json(Callback { url }): Json<Callback>,
) -> StatusCode {
    app.world(|world| {
        if !world.settings.callbacks.contains(&url) {
            world.settings.callbacks.push(url);
        }
    });
    StatusCode::NO_CONTENT
}
