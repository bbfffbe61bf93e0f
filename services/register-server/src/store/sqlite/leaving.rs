use line_api::UserId;
use service_kit::Timestamp;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;

use super::Sqlite;
use crate::store::leaving::ROUND;

impl Sqlite {
    pub(in crate::store) async fn note_leaving(
        &self,
        luid: &UserId,
        now: Timestamp,
        due: Timestamp,
    ) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(
            "insert into leaving (luid, asked_at, marked, due_at) values (?, ?, 0, ?)
             on conflict (luid) do update
             set asked_at = max(leaving.asked_at + 1, excluded.asked_at)
             returning asked_at",
        )
        .bind(luid.as_str())
        .bind(now.as_millis())
        .bind(due.as_millis())
        .fetch_one(&self.writer)
        .await
    }

    pub(in crate::store) async fn confirm_leaving(
        &self,
        luid: &UserId,
        now: Timestamp,
        due: Timestamp,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into leaving (luid, asked_at, marked, due_at) values (?, ?, 1, ?)
             on conflict (luid) do update set marked = 1",
        )
        .bind(luid.as_str())
        .bind(now.as_millis())
        .bind(due.as_millis())
        .execute(&self.writer)
        .await
        .map(drop)
    }

    pub(in crate::store) async fn call_off_leaving(
        &self,
        luid: &UserId,
        asked_at: i64,
    ) -> Result<(), sqlx::Error> {
        let delete =
            sqlx::query("delete from leaving where luid = ? and asked_at = ? and marked = 0");
        self.erase_wish(delete.bind(luid.as_str()).bind(asked_at))
            .await
    }

    pub(in crate::store) async fn forget_leaving(&self, luid: &UserId) -> Result<(), sqlx::Error> {
        let delete = sqlx::query("delete from leaving where luid = ?");
        self.erase_wish(delete.bind(luid.as_str())).await
    }

    async fn erase_wish(
        &self,
        delete: Query<'_, sqlx::Sqlite, SqliteArguments>,
    ) -> Result<(), sqlx::Error> {
        {
            let _erasing = self.residue.erasing();
            delete.execute(&self.writer).await?;
        }
        self.scrub().await
    }

    /// Folds the write-ahead log into the file and empties it, if a user ID may stand there still: `secure_delete`
    /// zeroes the file's own pages, and the log holds them as they were. A reader in the way only delays it.
    pub(in crate::store) async fn scrub(&self) -> Result<(), sqlx::Error> {
        let Some(so_far) = self.residue.to_scrub() else {
            return Ok(());
        };
        let is_busy: bool = sqlx::query_scalar("pragma wal_checkpoint(truncate)")
            .fetch_one(&self.writer)
            .await?;
        if !is_busy {
            self.residue.is_scrubbed(so_far);
        }
        Ok(())
    }

    pub(in crate::store) async fn is_marked(
        &self,
        luid: &UserId,
    ) -> Result<Option<bool>, sqlx::Error> {
        sqlx::query_scalar("select marked from leaving where luid = ?")
            .bind(luid.as_str())
            .fetch_optional(&self.readers)
            .await
    }

    /// Looks before it writes: mostly nothing is due, and a look is not a commit.
    pub(in crate::store) async fn claim_leaving(
        &self,
        now: Timestamp,
        next: Timestamp,
    ) -> Result<Vec<String>, sqlx::Error> {
        let is_due: bool =
            sqlx::query_scalar("select exists (select 1 from leaving where due_at <= ?)")
                .bind(now.as_millis())
                .fetch_one(&self.readers)
                .await?;
        if !is_due {
            return Ok(Vec::new());
        }
        sqlx::query_scalar(
            "update leaving set due_at = ? where luid in (
                 select luid from leaving where due_at <= ? order by due_at limit ?)
             returning luid",
        )
        .bind(next.as_millis())
        .bind(now.as_millis())
        .bind(ROUND)
        .fetch_all(&self.writer)
        .await
    }
}
