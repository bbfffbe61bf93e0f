use std::time::Duration;

use sqlx::{PgConnection, query, query_scalar};

use super::Ledger;
use crate::store::{Kind, LedgerError};

impl Ledger {
    /// Takes the next turn of a kind of call; answers how long to wait for it. The server's clock is everybody's.
    pub(crate) async fn turn(&self, kind: Kind, gap: Duration) -> Result<Duration, LedgerError> {
        let mut tx = self.write().await?;
        forgetful(&mut tx).await?;
        let wait: i64 = query_scalar(
            "with clock as (select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) as now)
             update pace set free_at = greatest(free_at, clock.now) + $2 from clock where kind = $1
             returning free_at - $2 - clock.now",
        )
        .bind(kind.as_str())
        .bind(micros(gap))
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Duration::from_micros(u64::try_from(wait).unwrap_or(0)))
    }

    /// No turn of this kind for anybody before that much time has passed.
    pub(crate) async fn rest(&self, kind: Kind, span: Duration) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        forgetful(&mut tx).await?;
        query(
            "update pace
             set free_at = greatest(free_at, cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) + $2)
             where kind = $1",
        )
        .bind(kind.as_str())
        .bind(micros(span))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// A turn that a power cut takes back is no loss: no commit waits for the disk.
async fn forgetful(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    query("set local synchronous_commit = off")
        .execute(connection)
        .await
        .map(drop)
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
