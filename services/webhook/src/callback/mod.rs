//! LINE's way in: check, store, answer. Nothing here calls anybody but the inbox.

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
use tokio::sync::Notify;

use crate::error::CallbackError;
use crate::limits::STORE_TIME;
use crate::metrics::{Happening, Metrics};
use crate::store::{Batch, State as EventState, Store};

/// The one bot that settings describe.
pub(crate) const DEFAULT_BOT: &str = "default";

/// What it takes to receive events.
pub(crate) struct Intake {
    pub(crate) secrets: ChannelSecrets,
    pub(crate) bot_user_id: Option<UserId>,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    /// Wakes the worker.
    pub(crate) wake: Arc<Notify>,
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
    let body = signed::body(request, &intake.secrets).await?;
    let batch = delivery::sort(&body, intake.bot_user_id.as_ref(), intake.clock.now());
    if batch.is_empty() {
        return Ok(StatusCode::OK);
    }
    let new = tokio::time::timeout(STORE_TIME, intake.store.accept(&batch))
        .await
        .map_err(|_| CallbackError::Late)??;
    intake.wake.notify_one();
    intake.count(&batch, &new);
    Ok(StatusCode::OK)
}

impl Intake {
    fn count(&self, batch: &Batch, new: &[bool]) {
        for (event, new) in batch.events.iter().zip(new) {
            self.metrics.count(match (new, event.state) {
                (false, _) => Happening::Duplicate,
                (true, EventState::Stale) => Happening::Stale,
                (true, _) if event.unknown => Happening::Unknown,
                (true, _) => Happening::Received,
            });
        }
        for kept in &batch.quarantined {
            self.metrics.count(Happening::Quarantined);
            let (reason, bytes) = (kept.reason.as_str(), kept.raw.len());
            tracing::warn!(reason, bytes, "kept {bytes} signed bytes aside: {reason}");
        }
    }
}
