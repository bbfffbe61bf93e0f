use std::sync::atomic::Ordering;
use std::time::Duration;

use line_api::UserId;
use service_kit::Timestamp;

use super::Store;

/// How long an erasure is left alone after a try, the first by the request that asked for it.
const PAUSE: Duration = Duration::from_mins(1);
/// Erasures tried in one round.
const ROUND: i64 = 100;

/// How far a wish to leave has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// It is written down here.
    Noted,
    /// The members' API knows, too.
    Marked,
}

impl Store {
    /// Writes down that they ask to leave, before anything is done about it. Asking twice is asking once.
    pub(crate) async fn note_leaving(
        &self,
        luid: &UserId,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into leaving (luid, asked_at, marked, due_at) values (?, ?, 0, ?)
             on conflict (luid) do nothing",
        )
        .bind(luid.as_str())
        .bind(now.as_millis())
        .bind((now + PAUSE).as_millis())
        .execute(&self.writer)
        .await
        .map(drop)
    }

    /// Writes down that the members' API knows them to be leaving.
    pub(crate) async fn confirm_leaving(
        &self,
        luid: &UserId,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into leaving (luid, asked_at, marked, due_at) values (?, ?, 1, ?)
             on conflict (luid) do update set marked = 1",
        )
        .bind(luid.as_str())
        .bind(now.as_millis())
        .bind((now + PAUSE).as_millis())
        .execute(&self.writer)
        .await
        .map(drop)
    }

    /// Calls it off, unless the members' API knows by way of another tab.
    pub(crate) async fn call_off_leaving(&self, luid: &UserId) -> Result<(), sqlx::Error> {
        self.erase_wish("delete from leaving where luid = ? and marked = 0", luid)
            .await
    }

    /// Forgets it: they are erased.
    pub(crate) async fn forget_leaving(&self, luid: &UserId) -> Result<(), sqlx::Error> {
        self.erase_wish("delete from leaving where luid = ?", luid)
            .await
    }

    async fn erase_wish(&self, delete: &'static str, luid: &UserId) -> Result<(), sqlx::Error> {
        sqlx::query(delete)
            .bind(luid.as_str())
            .execute(&self.writer)
            .await?;
        self.unscrubbed.store(true, Ordering::SeqCst);
        self.scrub().await
    }

    /// Folds the write-ahead log into the file and empties it, if a user ID may stand there still: `secure_delete`
    /// zeroes the file's own pages, and the log holds them as they were. A reader in the way only delays it.
    pub(crate) async fn scrub(&self) -> Result<(), sqlx::Error> {
        if !self.unscrubbed.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let checkpoint = sqlx::query_scalar("pragma wal_checkpoint(truncate)")
            .fetch_one(&self.writer)
            .await;
        let is_done = matches!(checkpoint, Ok(0_i64));
        if !is_done {
            self.unscrubbed.store(true, Ordering::SeqCst);
        }
        checkpoint.map(drop)
    }

    /// Their wish to leave, if it is not fulfilled yet.
    pub(crate) async fn wish_to_leave(&self, luid: &UserId) -> Result<Option<Wish>, sqlx::Error> {
        let marked: Option<bool> = sqlx::query_scalar("select marked from leaving where luid = ?")
            .bind(luid.as_str())
            .fetch_optional(&self.readers)
            .await?;
        Ok(marked.map(|marked| if marked { Wish::Marked } else { Wish::Noted }))
    }

    /// Those whose erasure is due; the next try is a minute away.
    pub(crate) async fn claim_leaving(&self, now: Timestamp) -> Result<Vec<UserId>, sqlx::Error> {
        let due: bool =
            sqlx::query_scalar("select exists (select 1 from leaving where due_at <= ?)")
                .bind(now.as_millis())
                .fetch_one(&self.readers)
                .await?;
        if !due {
            return Ok(Vec::new());
        }
        let due: Vec<String> = sqlx::query_scalar(
            "update leaving set due_at = ? where luid in (
                 select luid from leaving where due_at <= ? order by due_at limit ?)
             returning luid",
        )
        .bind((now + PAUSE).as_millis())
        .bind(now.as_millis())
        .bind(ROUND)
        .fetch_all(&self.writer)
        .await?;
        Ok(due
            .into_iter()
            .filter_map(|luid| UserId::parse(luid).ok())
            .collect())
    }
}
