//! Posting: two seconds for an answer, redelivery where it is switched on.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service_kit::http_client;

use super::sign;
use crate::app::App;
use crate::gate::millis;
use crate::world::{Call, Direction, Escape, Part, Signature};

const SIGNATURE: &str = "x-line-signature";
/// How much of the bot's answer the inspector keeps.
const ANSWER_LIMIT: usize = 64 * 1024;

/// How one POST to the webhook ended.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Outcome {
    pub(crate) status: Option<u16>,
    /// Why there is no status, in the words of LINE's error statistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<&'static str>,
    pub(crate) duration_ms: u64,
}

impl Outcome {
    fn is_success(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

/// Which signature goes with the bytes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Signing {
    #[default]
    Right,
    /// Well-formed, of other bytes.
    Wrong,
    Missing,
    /// Under this secret instead of the channel's.
    Secret(String),
    /// These exact characters.
    Literal(String),
}

/// How a delivery differs from the usual.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Shape {
    pub(crate) signature: Signing,
    /// Whether events say that they are redelivered.
    pub(crate) redelivery: bool,
    /// Whether the bytes are escaped; by default as the webhook settings say.
    pub(crate) escape: Option<bool>,
    pub(crate) destination: Option<String>,
}

/// Delivers `events` in one POST and waits for the first answer; later attempts follow by themselves.
/// `None` where no webhook is set or it is switched off.
pub(crate) async fn deliver(app: &App, events: Vec<Value>, shape: Shape) -> Option<Outcome> {
    let url = target(app)?;
    let began = app.now();
    let outcome = attempt(app, &url, &events, &shape).await;
    if !outcome.is_success() {
        redeliver(app, events, shape, began);
    }
    Some(outcome)
}

/// Posts these exact bytes, signed as `signing` says.
pub(crate) async fn send_raw(app: &App, body: Bytes, signing: &Signing) -> Option<Outcome> {
    let url = target(app)?;
    let outcome = post(app, &url, body, signing).await;
    count(app, &outcome);
    Some(outcome)
}

/// The console's "Verify": no events, signed.
pub(crate) async fn verify(app: &App, url: &str) -> Outcome {
    let body = json!({"destination": app.credentials.bot_user_id, "events": []});
    post(app, url, sign::bytes(&body, false).into(), &Signing::Right).await
}

fn target(app: &App) -> Option<String> {
    app.world(|world| {
        let webhook = &world.settings.webhook;
        webhook.url.clone().filter(|_| webhook.active)
    })
}

/// Later attempts, each so long after the one before it began.
fn redeliver(app: &App, events: Vec<Value>, mut shape: Shape, mut began: i64) {
    let delays = app.world(|world| {
        let webhook = &world.settings.webhook;
        webhook
            .redelivery
            .then(|| webhook.redelivery_delays_ms.clone())
    });
    let Some(delays) = delays else {
        return;
    };
    let app = app.clone();
    shape.redelivery = true;
    tokio::spawn(async move {
        for delay in delays {
            tokio::select! {
                () = app.clock.reach(began + delay) => {}
                () = app.stopping.cancelled() => return,
            }
            began = app.now();
            let Some(url) = target(&app) else {
                return;
            };
            if attempt(&app, &url, &events, &shape).await.is_success() {
                return;
            }
        }
    });
}

async fn attempt(app: &App, url: &str, events: &[Value], shape: &Shape) -> Outcome {
    let mut events = events.to_vec();
    if shape.redelivery {
        for event in events.iter_mut().filter(|event| event.is_object()) {
            event["deliveryContext"]["isRedelivery"] = true.into();
        }
    }
    let now = app.now();
    let escaped = app.world(|world| {
        for event in &events {
            world.replies.received(event, now);
        }
        match (shape.escape, world.settings.webhook.escape) {
            (Some(escape), _) => escape,
            (None, Escape::Never) => false,
            (None, Escape::Always) => true,
            (None, Escape::Alternate) => world.next() % 2 == 0,
        }
    });
    let destination = shape
        .destination
        .as_ref()
        .unwrap_or(&app.credentials.bot_user_id);
    let body = json!({"destination": destination, "events": events});
    let body = sign::bytes(&body, escaped).into();
    let outcome = post(app, url, body, &shape.signature).await;
    count(app, &outcome);
    outcome
}

async fn post(app: &App, url: &str, body: Bytes, signing: &Signing) -> Outcome {
    let secret = &app.credentials.channel_secret;
    let right = sign::signature(secret, &body);
    let sent = match signing {
        Signing::Right => Some(right.clone()),
        Signing::Wrong => Some(sign::signature(secret, b"some other bytes")),
        Signing::Missing => None,
        Signing::Secret(other) => Some(sign::signature(other, &body)),
        Signing::Literal(text) => Some(text.clone()),
    };
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(
        header::USER_AGENT,
        HeaderValue::from_static("LineBotWebhook/2.0"),
    );
    if let Some(value) = sent
        .as_ref()
        .and_then(|sent| HeaderValue::from_str(sent).ok())
    {
        headers.insert(SIGNATURE, value);
    }
    let started = Instant::now();
    let at = app.now();
    let limit = app.world(|world| world.settings.webhook.timeout_ms);
    let request = app
        .http
        .request(Method::POST, url)
        .headers(headers.clone())
        .body(body.clone());
    let exchange = async {
        let response = http_client::send(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = http_client::read_bounded(response, ANSWER_LIMIT)
            .await
            .unwrap_or_default();
        Ok::<_, reqwest::Error>((status, Part { headers, body }))
    };
    let (status, answer, error) =
        match tokio::time::timeout(Duration::from_millis(limit), exchange).await {
            Ok(Ok((status, answer))) => (Some(status.as_u16()), answer, None),
            Ok(Err(error)) if error.is_connect() || error.is_builder() => {
                (None, Part::default(), Some("could_not_connect"))
            }
            Ok(Err(_)) => (None, Part::default(), Some("unclassified")),
            Err(_) => (None, Part::default(), Some("request_timeout")),
        };
    let outcome = Outcome {
        status,
        error,
        duration_ms: millis(started),
    };
    let call = Call {
        seq: 0,
        at,
        direction: Direction::ToBot,
        operation: "webhook",
        method: Method::POST.to_string(),
        path: url.to_owned(),
        request: Part { headers, body },
        status,
        answer,
        duration_ms: outcome.duration_ms,
        signature: Some(Signature {
            right: sent.as_ref() == Some(&right),
            sent,
        }),
        violation: None,
        fault: None,
        error,
    };
    app.world(|world| world.record(call));
    outcome
}

/// Counts an attempt, as the console's error statistics do; verification is left out of them.
fn count(app: &App, outcome: &Outcome) {
    let kind = match (outcome.error, outcome.is_success()) {
        (Some(error), _) => error,
        (None, true) => "success",
        (None, false) => "error_status_code",
    };
    app.world(|world| *world.statistics.entry(kind).or_default() += 1);
}

/// Delivers one event, as a task may.
pub(crate) async fn deliver_event(app: App, event: Value) -> Option<Outcome> {
    deliver(&app, vec![event], Shape::default()).await
}
