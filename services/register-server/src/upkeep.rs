//! What goes on without a visitor: erasures that did not work out at once, and forgetting what is over.

use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::app::AppState;
use crate::error::Error;
use crate::member;

/// How often it looks for erasures that are due. Each look is one read.
const ERASE: Duration = Duration::from_secs(1);
/// How often it forgets logins and sessions that are over.
const FORGET: Duration = Duration::from_mins(1);

/// Runs until `stop`. What it could not do, it does another time.
pub(crate) async fn run(app: AppState, stop: CancellationToken) {
    let mut erase = tokio::time::interval(ERASE);
    let mut forget = tokio::time::interval(FORGET);
    erase.set_missed_tick_behavior(MissedTickBehavior::Delay);
    forget.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            () = stop.cancelled() => return,
            _ = erase.tick() => resume_leaving(&app, &stop).await,
            _ = forget.tick() => forget_the_past(&app).await,
        };
        if let Err(error) = done {
            let error = service_kit::telemetry::chain(&error);
            tracing::warn!(%error, "upkeep did not finish: {error}");
        }
    }
}

/// One that fails does not hold up the others.
async fn resume_leaving(app: &AppState, stop: &CancellationToken) -> Result<(), Error> {
    let mut last = Ok(());
    for luid in app.store.claim_leaving(app.clock.now()).await? {
        if stop.is_cancelled() {
            break;
        }
        match member::resume_leaving(app, &luid).await {
            Ok(()) => tracing::info!("erased somebody who had asked to leave"),
            Err(error) => last = Err(error),
        }
    }
    app.store.scrub().await?;
    last
}

async fn forget_the_past(app: &AppState) -> Result<(), Error> {
    app.store.forget_logins(app.clock.now()).await?;
    app.store.forget_sessions(app.clock.now()).await?;
    Ok(())
}
