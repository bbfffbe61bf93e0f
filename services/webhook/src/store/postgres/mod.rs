//! The inbox on a PostgreSQL server, for any number of replicas.

mod accept;
mod lane;
mod open;
mod shelf;
mod work;

use std::sync::Arc;

use service_kit::Timestamp;
use sqlx::postgres::PgPool;
use sqlx::{Row as _, query, query_scalar};

pub(super) use open::MIGRATIONS;

use super::Backlog;
use lane::Lane;

/// Rows deleted in one statement, so that no request waits long for a prune.
const PRUNE_ROWS: i64 = 500;

const PRUNE: [&str; 3] = [
    "delete from event where event_id in (
        select event_id from event
        where state in ('done', 'stale', 'parked') and received_at < $1 limit $2 for update skip locked)",
    "delete from quarantine where quarantine_id in (
        select quarantine_id from quarantine where received_at < $1 limit $2 for update skip locked)",
    "delete from unsent where (channel, message_id) in (
        select channel, message_id from unsent where received_at < $1 limit $2 for update skip locked)",
];

const BACKLOG: &str = "
    select
        (select count(*) from event where state = 'pending' and not in_line)
            + (select count(*) from event where state = 'pending' and in_line) as pending,
        (select count(*) from event where state = 'parked') as parked,
        least(
            (select min(received_at) from event where state = 'pending' and not in_line),
            (select min(received_at) from event where state = 'pending' and in_line)) as oldest";

#[derive(Clone)]
pub(super) struct Postgres {
    pool: PgPool,
    lanes: Arc<Lanes>,
}

/// What is asked for most travels on these.
struct Lanes {
    accepts: Lane,
    claims: Lane,
    begins: Lane,
    ends: Lane,
}

impl Postgres {
    pub(super) async fn prune(&self, before: Timestamp) -> Result<bool, sqlx::Error> {
        let mut all = true;
        for statement in PRUNE {
            let deleted = query(statement)
                .bind(before.as_millis())
                .bind(PRUNE_ROWS)
                .execute(&self.pool)
                .await?
                .rows_affected();
            all &= i64::try_from(deleted).is_ok_and(|deleted| deleted < PRUNE_ROWS);
        }
        Ok(all)
    }

    pub(super) async fn backlog(&self) -> Result<Backlog, sqlx::Error> {
        let row = query(BACKLOG).fetch_one(&self.pool).await?;
        Ok(Backlog {
            pending: row.try_get("pending")?,
            parked: row.try_get("parked")?,
            oldest: row
                .try_get::<Option<i64>, _>("oldest")?
                .map(Timestamp::from_millis),
        })
    }

    pub(super) async fn is_up(&self) -> bool {
        query_scalar::<_, i32>("select 1")
            .fetch_one(&self.pool)
            .await
            .is_ok()
    }

    pub(super) async fn close(&self) {
        let Lanes {
            accepts,
            claims,
            begins,
            ends,
        } = &*self.lanes;
        for lane in [accepts, claims, begins, ends] {
            lane.close().await;
        }
        self.pool.close().await;
    }
}
