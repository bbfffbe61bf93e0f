//! Forgetting, as far as the server lets us.

use std::time::Duration;

use service_kit::Timestamp;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use super::PostgresStore;
use super::audit::forget;
use super::feed::prune_changes;
use super::lease::UPKEEP;
use crate::store::{REBUILD_INTERVAL, TOMBSTONE_LIFE};

/// Somebody else's transaction may still see what was erased this short while ago, and then a vacuum passes it over.
/// No session of ours lasts as long.
const STILL_SEEN: Duration = Duration::from_mins(1);

/// Waits for nobody: two erasures that prune, each holding its own tombstone, must not wait for each other's.
const PRUNE: &str = "
    delete from tombstone where luid_digest in (
        select luid_digest from tombstone where erased_at <= $1 for update skip locked
    )";

const VACUUM_IS_DUE: &str = "
    select exists (select 1 from tombstone where erased_at >= rebuilt_at and erased_at <= $2)
    from upkeep where rebuilt_at <= $1";

/// Every table that names a person.
const VACUUM: &str = "
    vacuum member, consent, standing_consent, tag, attribute, topic, friendship, idempotency";

impl PostgresStore {
    pub(crate) async fn tidy(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        self.forget_answers(now).await?;
        let mut lease = self.read().await?;
        forget(&mut lease, now).await?;
        prune(&mut lease, now).await?;
        prune_changes(&mut lease, now).await?;
        let due = vacuum_is_due(&mut lease, now).await?;
        lease.release();
        if due {
            self.vacuum(now).await?;
        }
        Ok(())
    }

    /// Clears deleted rows and what points to them out of the tables. Nobody waits for it, and one replica does it.
    async fn vacuum(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        let mut connection = self.unhurried.connect().await?;
        // Held until the connection ends.
        let alone: bool = sqlx::query_scalar("select pg_try_advisory_lock($1, 0)")
            .bind(UPKEEP)
            .fetch_one(&mut connection)
            .await?;
        if alone && vacuum_is_due(&mut connection, now).await? {
            sqlx::query(VACUUM).execute(&mut connection).await?;
            sqlx::query("update upkeep set rebuilt_at = $1")
                .bind((now - STILL_SEEN).as_millis())
                .execute(&mut connection)
                .await?;
        }
        connection.close().await
    }
}

async fn vacuum_is_due(connection: &mut PgConnection, now: Timestamp) -> Result<bool, sqlx::Error> {
    let due: Option<bool> = sqlx::query_scalar(VACUUM_IS_DUE)
        .bind((now - REBUILD_INTERVAL).as_millis())
        .bind((now - STILL_SEEN).as_millis())
        .fetch_optional(connection)
        .await?;
    Ok(due == Some(true))
}

pub(super) async fn prune(
    connection: &mut PgConnection,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(PRUNE)
        .bind((now - TOMBSTONE_LIFE).as_millis())
        .execute(connection)
        .await
        .map(drop)
}
