use line_api::UserId;
use service_kit::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use super::Postgres;
use crate::store::leaving::ROUND;

impl Postgres {
    pub(in crate::store) async fn note_leaving(
        &self,
        luid: &UserId,
        now: Timestamp,
        due: Timestamp,
    ) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(
            "insert into leaving (luid, asked_at, marked, due_at) values ($1, $2, false, $3)
             on conflict (luid) do update
             set asked_at = greatest(leaving.asked_at + 1, excluded.asked_at)
             returning asked_at",
        )
        .bind(luid.as_str())
        .bind(now.as_millis())
        .bind(due.as_millis())
        .fetch_one(&self.pool)
        .await
    }

    pub(in crate::store) async fn confirm_leaving(
        &self,
        luid: &UserId,
        now: Timestamp,
        due: Timestamp,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into leaving (luid, asked_at, marked, due_at) values ($1, $2, true, $3)
             on conflict (luid) do update set marked = true",
        )
        .bind(luid.as_str())
        .bind(now.as_millis())
        .bind(due.as_millis())
        .execute(&self.pool)
        .await
        .map(drop)
    }

    pub(in crate::store) async fn call_off_leaving(
        &self,
        luid: &UserId,
        asked_at: i64,
    ) -> Result<(), sqlx::Error> {
        let delete =
            sqlx::query("delete from leaving where luid = $1 and asked_at = $2 and not marked");
        self.erase_wish(delete.bind(luid.as_str()).bind(asked_at))
            .await
    }

    pub(in crate::store) async fn forget_leaving(&self, luid: &UserId) -> Result<(), sqlx::Error> {
        let delete = sqlx::query("delete from leaving where luid = $1");
        self.erase_wish(delete.bind(luid.as_str())).await
    }

    /// The row is gone for everybody at once; its bytes go when `upkeep` scrubs, a second later at most.
    async fn erase_wish(
        &self,
        delete: Query<'_, sqlx::Postgres, PgArguments>,
    ) -> Result<(), sqlx::Error> {
        let _erasing = self.residue.erasing();
        delete.execute(&self.pool).await.map(drop)
    }

    /// Vacuums the table, if a user ID may stand there still. What is open elsewhere and may still see the row only
    /// delays it: the server's own vacuum comes back to this table for every dead row.
    pub(in crate::store) async fn scrub(&self) -> Result<(), sqlx::Error> {
        let Some(so_far) = self.residue.to_scrub() else {
            return Ok(());
        };
        sqlx::raw_sql("vacuum (index_cleanup on, truncate on) leaving")
            .execute(&self.pool)
            .await?;
        self.residue.is_scrubbed(so_far);
        Ok(())
    }

    pub(in crate::store) async fn is_marked(
        &self,
        luid: &UserId,
    ) -> Result<Option<bool>, sqlx::Error> {
        sqlx::query_scalar("select marked from leaving where luid = $1")
            .bind(luid.as_str())
            .fetch_optional(&self.pool)
            .await
    }

    /// Two replicas that claim at once get different people.
    pub(in crate::store) async fn claim_leaving(
        &self,
        now: Timestamp,
        next: Timestamp,
    ) -> Result<Vec<String>, sqlx::Error> {
        sqlx::query_scalar(
            "with due as materialized (
                 select luid from leaving where due_at <= $2
                 order by due_at limit $3 for update skip locked)
             update leaving set due_at = $1 from due where leaving.luid = due.luid
             returning leaving.luid",
        )
        .bind(next.as_millis())
        .bind(now.as_millis())
        .bind(ROUND)
        .fetch_all(&self.pool)
        .await
    }
}
