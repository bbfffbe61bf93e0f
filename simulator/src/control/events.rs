//! Events by hand: golden ones with changes, any JSON, any bytes; signed well or badly.

use axum::extract::State;
use bytes::Bytes;
use futures::future::join_all;
use problem::{Json, Problem};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use super::emit::user_source;
use crate::app::App;
use crate::webhook::{self, Outcome, Shape, Sketch};

/// Most copies of one POST.
const COPIES: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Delivery {
    /// Events for one POST: JSON as it is, or `{"golden", "person"?, "chat"?, "with"?}`.
    #[serde(default)]
    events: Vec<Value>,
    /// The body itself, instead of events.
    raw: Option<String>,
    #[serde(default)]
    signature: webhook::Signing,
    #[serde(default)]
    redelivery: bool,
    escape: Option<bool>,
    destination: Option<String>,
    #[serde(default = "one")]
    copies: usize,
    /// Whether the copies are posted at once instead of one after the other.
    #[serde(default)]
    parallel: bool,
}

fn one() -> usize {
    1
}

pub(super) async fn golden() -> Answer {
    let names: Vec<_> = webhook::names().collect();
    Ok(Json(json!({"golden": names})))
}

pub(super) async fn deliver(State(app): State<App>, Json(delivery): Json<Delivery>) -> Answer {
    if !(1..=COPIES).contains(&delivery.copies) {
        return Err(Problem::bad_request("copies: 1 to 1000"));
    }
    let events = delivery
        .events
        .iter()
        .map(|event| expand(&app, event))
        .collect::<Result<Vec<_>, _>>()?;
    let shape = Shape {
        signature: delivery.signature,
        redelivery: delivery.redelivery,
        escape: delivery.escape,
        destination: delivery.destination,
    };
    let raw = delivery.raw.map(Bytes::from);
    let post = || async {
        match &raw {
            Some(raw) => webhook::send_raw(&app, raw.clone(), &shape.signature).await,
            None => webhook::deliver(&app, events.clone(), shape.clone()).await,
        }
    };
    let outcomes: Vec<Option<Outcome>> = if delivery.parallel {
        join_all((0..delivery.copies).map(|_| post())).await
    } else {
        let mut outcomes = Vec::new();
        for _ in 0..delivery.copies {
            outcomes.push(post().await);
        }
        outcomes
    };
    Ok(Json(json!({"events": events, "deliveries": outcomes})))
}

fn expand(app: &App, event: &Value) -> Result<Value, Problem> {
    let Some(golden) = event["golden"].as_str() else {
        return Ok(event.clone());
    };
    let now = app.now();
    app.world(|world| {
        let person = event["person"].as_str();
        let group = event["chat"].as_str().and_then(|id| world.groups.get(id));
        let source = match (group, person) {
            (Some(group), person) => Some(group.source(person)),
            (None, Some(person)) => Some(user_source(person)),
            (None, None) => None,
        };
        let sketch = Sketch {
            golden,
            source,
            patch: event.get("with").cloned().unwrap_or_default(),
        };
        sketch.draw(world, now)
    })
    .ok_or_else(|| Problem::bad_request("there is no golden event of that name"))
}
