//! Forgetting, down to the bytes.

use std::sync::atomic::Ordering;

use service_kit::Timestamp;
use sqlx::{Row as _, SqliteConnection};

use super::SqliteStore;
use super::audit::forget;
use super::feed::prune_changes;
use crate::store::{REBUILD_INTERVAL, TOMBSTONE_LIFE};

const PRUNE: &str = "delete from tombstone where erased_at <= ?";

const REBUILD_IS_DUE: &str = "
    select exists (select 1 from tombstone where erased_at >= rebuilt_at) from upkeep where rebuilt_at <= ?";

impl SqliteStore {
    pub(crate) async fn tidy(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        self.forget_answers(now).await?;
        let mut writer = self.writer.acquire().await?;
        forget(&mut writer, now).await?;
        prune(&mut writer, now).await?;
        prune_changes(&mut writer, now).await?;
        let due: Option<bool> = sqlx::query_scalar(REBUILD_IS_DUE)
            .bind((now - REBUILD_INTERVAL).as_millis())
            .fetch_optional(&mut *writer)
            .await?;
        if due == Some(true) {
            rebuild(&mut writer, now).await?;
            self.unscrubbed.store(true, Ordering::SeqCst);
        }
        if self.unscrubbed.load(Ordering::SeqCst) {
            self.scrub(&mut writer).await?;
        }
        Ok(())
    }

    /// Folds the write-ahead log into the file and empties it: `secure_delete` zeroes the file's own pages, and the
    /// log still holds them as they were. A reader in the way only delays it.
    pub(super) async fn scrub(&self, writer: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let row = sqlx::query("pragma wal_checkpoint(truncate)")
            .fetch_one(writer)
            .await?;
        let busy: i64 = row.try_get(0)?;
        if busy == 0 {
            self.unscrubbed.store(false, Ordering::SeqCst);
        }
        Ok(())
    }
}

pub(super) async fn prune(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(PRUNE)
        .bind((now - TOMBSTONE_LIFE).as_millis())
        .execute(connection)
        .await
        .map(drop)
}

/// Writes the file anew. `secure_delete` zeroes a row where it lies; where a full page was split before, a copy of it
/// may lie in the part that the page no longer uses (one row in a hundred, where rows grew). Nobody else writes meanwhile.
async fn rebuild(writer: &mut SqliteConnection, now: Timestamp) -> Result<(), sqlx::Error> {
    // All members at once are nothing for memory.
    sqlx::raw_sql("pragma temp_store = file; vacuum; pragma temp_store = memory")
        .execute(&mut *writer)
        .await?;
    sqlx::query("update upkeep set rebuilt_at = ?")
        .bind(now.as_millis())
        .execute(writer)
        .await
        .map(drop)
}
