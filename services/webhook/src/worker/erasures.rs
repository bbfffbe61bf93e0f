//! Forgets whom the members' API has erased.

use std::time::Duration;

use service_kit::telemetry::chain;
use service_kit::{Clock, Timestamp};
use tokio_util::sync::CancellationToken;
use users_client::{ChangePage, UsersClient, UsersError};

use super::erased::Erased;
use crate::limits::{FEED_ANEW, FEED_EVERY, FEED_PAGE, KEPT, POLL};
use crate::store::{Shelf, Store, StoreError};

/// Reads the feed of the members' API.
///
/// From its beginning when the process starts, and again from time to time. So nothing needs to be kept of how far it came,
/// and nobody is missed: neither by an event that comes later than the erasure which it is older than, nor when either
/// database was restored.
pub(crate) struct Erasures {
    pub(crate) store: Store,
    pub(crate) users: UsersClient,
    pub(crate) clock: Clock,
}

/// How far the feed was read.
#[derive(Default)]
struct Progress {
    after: i64,
    /// When it is read on, and when from its beginning.
    on_at: Timestamp,
    anew_at: Timestamp,
    /// Whether something that was emptied may still be in the files.
    unscrubbed: bool,
    /// Whether the last reading came to nothing, and that was said.
    away: bool,
}

/// Why the feed was not read to its end.
#[derive(Debug, thiserror::Error)]
enum FeedError {
    #[error("the members' API does not tell who was erased")]
    Feed(#[from] UsersError),
    #[error("the inbox does not forget")]
    Store(#[from] StoreError),
}

impl Erasures {
    /// Goes on until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut progress = Progress::default();
        while !stop.is_cancelled() {
            let now = self.clock.now();
            if is_due(progress.on_at, FEED_EVERY, now) {
                progress.on_at = now + FEED_EVERY;
                tokio::select! {
                    () = stop.cancelled() => {}
                    read = self.read(&mut progress, now) => progress.report(read),
                }
            }
            if progress.unscrubbed {
                // A reader in the way only delays it.
                progress.unscrubbed = !self.store.scrub().await.is_ok_and(|scrubbed| scrubbed);
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Reads on to the end of the feed, and forgets page by page. How far it came is noted after that.
    async fn read(&self, progress: &mut Progress, now: Timestamp) -> Result<(), FeedError> {
        let is_anew = is_due(progress.anew_at, FEED_ANEW, now);
        let mut after = if is_anew { 0 } else { progress.after };
        loop {
            let page = self.page(after).await?;
            let erased = Erased::new(&page.changes, now - KEPT);
            if !erased.is_empty() || (is_anew && after == 0) {
                progress.unscrubbed = true;
                self.forget(&erased).await?;
            }
            progress.after = page.next_after;
            if page.changes.is_empty() {
                break;
            }
            after = page.next_after;
        }
        if is_anew {
            progress.anew_at = now + FEED_ANEW;
        }
        Ok(())
    }

    /// What comes next, or what there is if the feed does not reach back so far.
    async fn page(&self, after: i64) -> Result<ChangePage, UsersError> {
        match self.users.changes(after, FEED_PAGE).await {
            Err(error) if error.is_changes_forgotten() => self.users.changes(0, FEED_PAGE).await,
            answer => answer,
        }
    }

    async fn forget(&self, erased: &Erased) -> Result<(), StoreError> {
        let mut forgotten = 0_u64;
        for shelf in Shelf::ALL {
            let mut page = self.store.holdings(shelf, None).await?;
            while !page.is_empty() {
                for held in page.iter().filter(|held| erased.concerns(shelf, held)) {
                    self.store.forget(shelf, held).await?;
                    forgotten += 1;
                }
                page = self.store.holdings(shelf, page.last()).await?;
            }
        }
        if forgotten > 0 {
            tracing::info!(forgotten, "forgot {forgotten} events of erased people");
        }
        Ok(())
    }
}

impl Progress {
    /// Says once that the feed cannot be read, and once that it can be again.
    fn report(&mut self, read: Result<(), FeedError>) {
        let failed = read.is_err();
        match read {
            Ok(()) if self.away => tracing::info!("the members' API tells again who was erased"),
            Ok(()) => {}
            Err(error) if self.away => tracing::debug!(error = chain(&error), "still no feed"),
            Err(error) => tracing::warn!(
                error = chain(&error),
                "who was erased meanwhile is forgotten later"
            ),
        }
        self.away = failed;
    }
}

/// Whether it is time. A clock that was set back must not make us wait for it.
fn is_due(at: Timestamp, every: Duration, now: Timestamp) -> bool {
    now >= at || at.since(now) > every
}
