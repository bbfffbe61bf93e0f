use std::collections::{HashMap, HashSet};

use service_kit::Timestamp;
use sqlx::{Transaction, query, query_as, query_scalar};
use uuid::Uuid;

use super::members::{KNOWN, POINT, REPORT, SENT_SINCE, list};
use super::{Database, Ledger};
use crate::store::recipient::{read_counts, read_ids};
use crate::store::{Claim, LedgerError, ReportRow};

impl Ledger {
    pub(crate) async fn known(
        &self,
        claim: &Claim,
        members: &[Uuid],
    ) -> Result<HashSet<Uuid>, LedgerError> {
        let known: Vec<String> = query_scalar(KNOWN)
            .bind(claim.occurrence)
            .bind(list(members))
            .fetch_all(self.readers())
            .await?;
        read_ids(&known)
    }

    pub(crate) async fn sent_since(
        &self,
        members: &[Uuid],
        since: Timestamp,
    ) -> Result<HashMap<Uuid, u32>, LedgerError> {
        let counts: Vec<(String, i64)> = query_as(SENT_SINCE)
            .bind(list(members))
            .bind(since.as_millis())
            .fetch_all(self.readers())
            .await?;
        read_counts(&counts)
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

/// Moves members to another batch, or out.
pub(super) async fn point(
    tx: &mut Transaction<'_, Database>,
    occurrence: i64,
    members: &[Uuid],
    batch: Option<i64>,
    excluded: Option<&str>,
) -> Result<(), sqlx::Error> {
    query(POINT)
        .bind(occurrence)
        .bind(list(members))
        .bind(batch)
        .bind(excluded)
        .execute(&mut **tx)
        .await
        .map(drop)
}
