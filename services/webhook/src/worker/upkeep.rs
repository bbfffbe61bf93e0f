//! What is done beside the work: forgetting, counting, and mending what a clock that was set back has broken.

use service_kit::telemetry::chain;
use service_kit::{Clock, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::limits::{COUNT_EVERY, KEPT, POLL, PRUNE_EVERY};
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};

/// Keeps the inbox small and its metrics true.
pub(crate) struct Upkeep {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

impl Upkeep {
    /// Goes on until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let (mut prune_at, mut count_at) = (Timestamp::default(), Timestamp::default());
        while !stop.is_cancelled() {
            let now = self.clock.now();
            // A clock that was set back must not make us wait for it.
            if now >= prune_at || prune_at.since(now) > PRUNE_EVERY {
                prune_at = self.prune(now).await;
            }
            if now >= count_at || count_at.since(now) > COUNT_EVERY {
                count_at = now + COUNT_EVERY;
                if let Err(error) = self.count(now).await {
                    tracing::error!(error = chain(&error), "cannot look after the inbox");
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    async fn count(&self, now: Timestamp) -> Result<(), StoreError> {
        self.store.mend_clock(now).await?;
        self.metrics.backlog(&self.store.backlog().await?, now);
        Ok(())
    }

    /// Forgets a little, so that no request waits long, and says when to go on.
    async fn prune(&self, now: Timestamp) -> Timestamp {
        match self.store.prune(now - KEPT).await {
            Ok(true) => now + PRUNE_EVERY,
            Ok(false) => now,
            Err(error) => {
                tracing::error!(error = chain(&error), "cannot prune the inbox");
                now + COUNT_EVERY
            }
        }
    }
}
