use std::time::Duration;

use sqlx::{query, query_scalar};

use super::Ledger;
use crate::store::{Kind, LedgerError};

/// A turn that a power cut takes back is no loss: no commit here waits for the disk.
impl Ledger {
    /// Takes the next turn of a kind of call; answers how long to wait for it. The server's clock is everybody's.
    pub(crate) async fn turn(&self, kind: Kind, gap: Duration) -> Result<Duration, LedgerError> {
        let wait: i64 = query_scalar(
            "with clock as (select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) as now,
                 set_config('synchronous_commit', 'off', true))
             update pace set free_at = greatest(free_at, clock.now) + $2 from clock where kind = $1
             returning free_at - $2 - clock.now",
        )
        .bind(kind.as_str())
        .bind(micros(gap))
        .fetch_one(self.writer())
        .await?;
        Ok(Duration::from_micros(u64::try_from(wait).unwrap_or(0)))
    }

    /// No turn of this kind for anybody before that much time has passed.
    pub(crate) async fn rest(&self, kind: Kind, span: Duration) -> Result<(), LedgerError> {
        query(
            "with clock as (select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) as now,
                 set_config('synchronous_commit', 'off', true))
             update pace set free_at = greatest(free_at, clock.now + $2) from clock where kind = $1",
        )
        .bind(kind.as_str())
        .bind(micros(span))
        .execute(self.writer())
        .await?;
        Ok(())
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
