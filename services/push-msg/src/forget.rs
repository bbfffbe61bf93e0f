//! Forgetting whom the members' API says has left or was erased.

use service_kit::telemetry::chain;
use users_client::UsersError;

use crate::erased::Erased;
use crate::pusher::Pusher;
use crate::store::LedgerError;

const PAGE: u32 = 1000;

/// Why the feed was not read to its end.
#[derive(Debug, thiserror::Error)]
enum FeedError {
    #[error("the members' API does not tell who was erased")]
    Feed(#[from] UsersError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Pusher {
    /// Reads on to the end of the feed, and forgets page by page. Says whether there was anybody to forget. While the
    /// members' API is away nothing is lost: the next run goes on.
    pub(crate) async fn forget_erased(&self) -> Result<bool, LedgerError> {
        let mut forgot = false;
        match self.read_feed(&mut forgot).await {
            Ok(()) => Ok(forgot),
            Err(FeedError::Ledger(error)) => Err(error),
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(error, "who was erased meanwhile is forgotten later");
                Ok(forgot)
            }
        }
    }

    async fn read_feed(&self, forgot: &mut bool) -> Result<(), FeedError> {
        let mut position = self.store.feed_position().await?;
        loop {
            let page = match self.users.changes(position, PAGE).await {
                Err(error) if error.is_changes_forgotten() => {
                    self.store.forget_everybody().await?;
                    *forgot = true;
                    self.users.changes(0, PAGE).await?
                }
                answer => answer?,
            };
            // An empty page after the feed was forgotten leads back to its beginning.
            if page.changes.is_empty() && page.next_after == position {
                return Ok(());
            }
            let erased = Erased::new(&page.changes);
            *forgot |= !erased.is_empty();
            let now = self.clock.now();
            self.store.forget(&erased, page.next_after, now).await?;
            position = page.next_after;
        }
    }
}
