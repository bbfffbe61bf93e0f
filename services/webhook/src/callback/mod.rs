//! LINE's way in: check, store, answer. Nothing here calls anybody but the inbox.

mod budget;
mod delivery;
mod signed;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::routing::post;
use http::StatusCode;
use line_api::UserId;
use line_api::signature::ChannelSecrets;
use service_kit::Clock;
use service_kit::server::with_problem_fallbacks;

pub(crate) use budget::{Budget, Held};

use crate::error::CallbackError;
use crate::limits::STORE_TIME;
use crate::metrics::{Happening, Metrics};
use crate::store::{Store, StoreError};

/// The one bot that settings describe.
pub(crate) const DEFAULT_BOT: &str = "default";

/// What it takes to receive events.
pub(crate) struct Intake {
    pub(crate) secrets: ChannelSecrets,
    pub(crate) bot_user_id: Option<UserId>,
    pub(crate) store: Store,
    pub(crate) bodies: Budget,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

pub(crate) fn router(intake: Intake) -> Router {
    with_problem_fallbacks(
        Router::new()
            .route("/callback", post(receive))
            .route("/callback/{bot}", post(receive_for)),
    )
    .with_state(Arc::new(intake))
}

/// Receives events for the bot that the path names.
async fn receive_for(
    problem::Path(bot): problem::Path<String>,
    intake: State<Arc<Intake>>,
    request: Request,
) -> Result<StatusCode, CallbackError> {
    if bot != DEFAULT_BOT {
        return Err(CallbackError::NoSuchBot);
    }
    receive(intake, request).await
}

/// Receives events: 200 says that all of them are stored for good.
async fn receive(
    State(intake): State<Arc<Intake>>,
    request: Request,
) -> Result<StatusCode, CallbackError> {
    let (body, held) = signed::body(request, &intake.secrets, &intake.bodies).await?;
    let mut batch = delivery::sort(&body, intake.bot_user_id.as_ref(), intake.clock.now());
    if batch.is_empty() {
        return Ok(StatusCode::OK);
    }
    batch.held = held;
    let events: Vec<_> = batch.events.iter().map(Happening::of).collect();
    let quarantined: Vec<_> = batch
        .quarantined
        .iter()
        .map(|kept| (kept.reason, kept.raw.len()))
        .collect();
    let new = tokio::time::timeout(STORE_TIME, intake.store.accept(batch))
        .await
        .map_err(|_| StoreError::Late)??;
    for (happening, new) in events.into_iter().zip(new) {
        let happening = if new { happening } else { Happening::Duplicate };
        intake.metrics.count(happening);
    }
    for (reason, bytes) in quarantined {
        intake.metrics.count(Happening::Quarantined);
        let reason = reason.as_str();
        tracing::warn!(reason, bytes, "kept {bytes} signed bytes aside: {reason}");
    }
    Ok(StatusCode::OK)
}
