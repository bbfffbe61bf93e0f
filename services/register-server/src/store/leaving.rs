use std::time::Duration;

use line_api::UserId;
use service_kit::Timestamp;

use super::Store;

/// How long an erasure is left alone after a try, the first by the request that asked for it.
const PAUSE: Duration = Duration::from_mins(1);
/// Erasures tried in one round.
const ROUND: i64 = 100;

/// Somebody whose erasure is due.
#[derive(Debug)]
pub(crate) struct Leaver {
    pub(crate) luid: UserId,
    /// Whether the members' API knows.
    pub(crate) is_marked: bool,
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
        sqlx::query("delete from leaving where luid = ? and marked = 0")
            .bind(luid.as_str())
            .execute(&self.writer)
            .await
            .map(drop)
    }

    /// Forgets it: they are erased.
    pub(crate) async fn forget_leaving(&self, luid: &UserId) -> Result<(), sqlx::Error> {
        sqlx::query("delete from leaving where luid = ?")
            .bind(luid.as_str())
            .execute(&self.writer)
            .await
            .map(drop)
    }

    /// Those whose erasure is due; the next try is a minute away.
    pub(crate) async fn claim_leaving(&self, now: Timestamp) -> Result<Vec<Leaver>, sqlx::Error> {
        let due: bool =
            sqlx::query_scalar("select exists (select 1 from leaving where due_at <= ?)")
                .bind(now.as_millis())
                .fetch_one(&self.readers)
                .await?;
        if !due {
            return Ok(Vec::new());
        }
        let due: Vec<(String, bool)> = sqlx::query_as(
            "update leaving set due_at = ? where luid in (
                 select luid from leaving where due_at <= ? order by due_at limit ?)
             returning luid, marked",
        )
        .bind((now + PAUSE).as_millis())
        .bind(now.as_millis())
        .bind(ROUND)
        .fetch_all(&self.writer)
        .await?;
        let leavers = due.into_iter().filter_map(|(luid, is_marked)| {
            let luid = UserId::parse(luid).ok()?;
            Some(Leaver { luid, is_marked })
        });
        Ok(leavers.collect())
    }
}
