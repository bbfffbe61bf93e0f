use http::StatusCode;
use service_kit::Timestamp;
use sqlx::PgConnection;
use users_client::AuditEntry;

use super::PostgresStore;
use crate::audit::Entry;
use crate::domain::Luid;
use crate::store::document::AuditRow;
use crate::store::{AUDIT_LIFE, TOMBSTONE_LIFE};

const INSERT: &str = "
    insert into audit (asked_at, subject, role, method, route, luid_digest) values ($1, $2, $3, $4, $5, $6)
    returning audit_id";

const OUTCOME: &str = "update audit set status = $1 where audit_id = $2";

const LIST: &str = "
    select audit_id, asked_at, subject, role, method, route, luid_digest, status from audit
    where audit_id > $1 and ($2::bytea is null or luid_digest = $2)
    order by audit_id limit $3";

/// What was done stays; to whom goes with the last trace of an erased person.
const FORGET: &str = "
    update audit set luid_digest = null
    where luid_digest in (select luid_digest from tombstone where erased_at <= $1)";

const PRUNE: &str = "delete from audit where asked_at <= $1";

impl PostgresStore {
    pub(crate) async fn audit(&self, entry: &Entry<'_>) -> Result<i64, sqlx::Error> {
        let mut lease = self.read().await?;
        let id = sqlx::query_scalar(INSERT)
            .bind(entry.at.as_millis())
            .bind(entry.subject)
            .bind(entry.role.as_str())
            .bind(entry.method.as_str())
            .bind(entry.route)
            .bind(entry.luid.map(Luid::digest))
            .fetch_one(&mut *lease)
            .await?;
        lease.release();
        Ok(id)
    }

    pub(crate) async fn audited(&self, entry: i64, status: StatusCode) -> Result<(), sqlx::Error> {
        let mut lease = self.read().await?;
        sqlx::query(OUTCOME)
            .bind(i32::from(status.as_u16()))
            .bind(entry)
            .execute(&mut *lease)
            .await?;
        lease.release();
        Ok(())
    }

    pub(crate) async fn audit_list(
        &self,
        luid: Option<&Luid>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, sqlx::Error> {
        let mut lease = self.read().await?;
        let rows: Vec<AuditRow> = sqlx::query_as(LIST)
            .bind(after)
            .bind(luid.map(Luid::digest))
            .bind(limit)
            .fetch_all(&mut *lease)
            .await?;
        lease.release();
        rows.into_iter().map(AuditRow::document).collect()
    }
}

/// Before tombstones are pruned: they say whose digests are to go.
pub(super) async fn forget(
    connection: &mut PgConnection,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(FORGET)
        .bind((now - TOMBSTONE_LIFE).as_millis())
        .execute(&mut *connection)
        .await?;
    sqlx::query(PRUNE)
        .bind((now - AUDIT_LIFE).as_millis())
        .execute(connection)
        .await
        .map(drop)
}
