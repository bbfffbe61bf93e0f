use std::collections::HashMap;

use futures::TryStreamExt as _;
use service_kit::Timestamp;
use sqlx::{Transaction, query, query_as, query_scalar};
use uuid::Uuid;

use super::members::{EXCLUDE, POINT, REPORT, SENT_SINCE, list};
use super::{Database, Ledger};
use crate::store::recipient::Counts;
use crate::store::{BatchReport, LedgerError, ReportRow};

impl Ledger {
    pub(crate) async fn sent_since(
        &self,
        members: &[Uuid],
        since: Timestamp,
    ) -> Result<HashMap<Uuid, u32>, LedgerError> {
        let mut members = members.to_vec();
        members.sort_unstable();
        let mut counts = Counts::of(&members);
        let (Some(first), Some(last)) = (members.first(), members.last()) else {
            return Ok(counts.end());
        };
        let rows: Vec<(String, i64)> = query_as(SENT_SINCE)
            .bind(list(&members))
            .bind(since.as_millis())
            .fetch_all(self.readers())
            .await?;
        for (id, count) in rows {
            counts.add(&id, count)?;
        }
        let mut batches = query_scalar(
            "select members from batch join occurrence using (occurrence_id)
             where packed = 1 and occurrence.recipients > 0 and coalesce(begun_at, scheduled_at) > $3
               and occurrence.state not in ('missed', 'expired', 'cancelled') and first_member <= $2
               and ((kind = 'push' and first_member >= $1) or (kind = 'multicast' and last_member >= $1))",
        )
        .bind(first.as_bytes().as_slice())
        .bind(last.as_bytes().as_slice())
        .bind(since.as_millis())
        .fetch(self.readers());
        while let Some(packed) = batches.try_next().await? {
            let packed: Vec<u8> = packed;
            counts.add_packed(&packed)?;
        }
        Ok(counts.end())
    }

    pub(crate) async fn report_batches(
        &self,
        occurrence: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<BatchReport>, LedgerError> {
        Ok(query_as(
            "select number, members, batch.state, code, batch.reason, request_id, batch.finished_at
             from batch join occurrence using (occurrence_id)
             where occurrence_id = $1 and number > $2 and length(members) > 0 and packed = 1
             order by number limit $3",
        )
        .bind(occurrence)
        .bind(after)
        .bind(limit)
        .fetch_all(self.readers())
        .await?)
    }

    pub(crate) async fn report(
        &self,
        occurrence: i64,
        after: &str,
        limit: i64,
    ) -> Result<Vec<ReportRow>, LedgerError> {
        Ok(query_as(REPORT)
            .bind(occurrence)
            .bind(after)
            .bind(limit)
            .fetch_all(self.readers())
            .await?)
    }
}

/// Takes members out.
pub(super) async fn exclude(
    tx: &mut Transaction<'_, Database>,
    occurrence: i64,
    members: &[Uuid],
    reason: &str,
) -> Result<(), sqlx::Error> {
    query(EXCLUDE)
        .bind(occurrence)
        .bind(list(members))
        .bind(reason)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Moves members to another batch, where an occurrence's members have rows of their own.
pub(super) async fn point(
    tx: &mut Transaction<'_, Database>,
    occurrence: i64,
    members: &[Uuid],
    batch: i64,
) -> Result<(), sqlx::Error> {
    query(POINT)
        .bind(occurrence)
        .bind(list(members))
        .bind(batch)
        .execute(&mut **tx)
        .await
        .map(drop)
}
