use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use line_api::UserId;
use line_api::messaging::{MAX_RECIPIENTS, Messages, Multicast, RetryKey};
use service_kit::Timestamp;
use sqlx::{Sqlite, Transaction, query};
use users_client::AudienceMember;

use super::{Claim, LedgerError, Store, held};

/// A materialisation under way. What it wrote counts for nothing until it is complete.
#[derive(Debug)]
pub(crate) struct Freezing {
    claim: Claim,
    messages: Messages,
    number: i64,
    filling: Vec<UserId>,
    recipients: i64,
    excluded: i64,
}

impl Store {
    /// Begins to freeze an occurrence's recipients, forgetting what an earlier attempt left half done.
    pub(crate) async fn begin_freezing(
        &self,
        claim: &Claim,
        messages: Messages,
    ) -> Result<Freezing, LedgerError> {
        self.thaw(claim).await?;
        Ok(Freezing {
            claim: *claim,
            messages,
            number: 0,
            filling: Vec::with_capacity(MAX_RECIPIENTS),
            recipients: 0,
            excluded: 0,
        })
    }

    /// Forgets what was frozen of an occurrence that is not frozen completely.
    pub(crate) async fn thaw(&self, claim: &Claim) -> Result<(), LedgerError> {
        let mut tx = self.pool.begin().await?;
        for leftovers in [
            "delete from batch where occurrence_id = $1
             and exists (select 1 from occurrence where occurrence_id = $1 and attempt = $2 and state = 'planned')",
            "delete from recipient where occurrence_id = $1
             and exists (select 1 from occurrence where occurrence_id = $1 and attempt = $2 and state = 'planned')",
        ] {
            query(leftovers)
                .bind(claim.occurrence)
                .bind(claim.attempt)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Adds members, each once, and writes every batch that is full; keeps the claim alive.
    pub(crate) async fn freeze(
        &self,
        freezing: &mut Freezing,
        members: &[AudienceMember],
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), LedgerError> {
        let mut tx = self.pool.begin().await?;
        let claim = freezing.claim;
        let changed = query(
            "update occurrence set lease_until = $3
             where occurrence_id = $1 and attempt = $2 and state = 'planned'",
        )
        .bind(claim.occurrence)
        .bind(claim.attempt)
        .bind((now + lease).as_millis())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        held(changed)?;
        for member in members {
            freezing.add(&mut tx, member).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Writes the last batch and declares the occurrence frozen. Answers how many will get it and how many are left out.
    pub(crate) async fn end_freezing(
        &self,
        mut freezing: Freezing,
    ) -> Result<(i64, i64), LedgerError> {
        let mut tx = self.pool.begin().await?;
        freezing.write_batch(&mut tx).await?;
        let changed = query(
            "update occurrence set state = 'materialised', reason = null, recipients = $3, excluded = $4
             where occurrence_id = $1 and attempt = $2 and state = 'planned'",
        )
        .bind(freezing.claim.occurrence)
        .bind(freezing.claim.attempt)
        .bind(freezing.recipients)
        .bind(freezing.excluded)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        held(changed)?;
        tx.commit().await?;
        Ok((freezing.recipients, freezing.excluded))
    }
}

impl Freezing {
    async fn add(
        &mut self,
        tx: &mut Transaction<'_, Sqlite>,
        member: &AudienceMember,
    ) -> Result<(), LedgerError> {
        let user = UserId::parse(member.luid.as_str()).ok();
        // LINE refuses a whole multicast for one ID that is none.
        let excluded = user.is_none().then_some("not a LINE user ID");
        let place = i64::try_from(self.filling.len()).unwrap_or(i64::MAX);
        let inserted = query(
            "insert into recipient (occurrence_id, member_id, batch, place, excluded)
             values ($1, $2, $3, $4, $5)
             on conflict (occurrence_id, member_id) do nothing",
        )
        .bind(self.claim.occurrence)
        .bind(member.member_id.to_string())
        .bind(user.is_some().then_some(self.number))
        .bind(user.is_some().then_some(place))
        .bind(excluded)
        .execute(&mut **tx)
        .await?
        .rows_affected();
        if inserted == 0 {
            return Ok(());
        }
        match user {
            Some(user) => self.filling.push(user),
            None => self.excluded += 1,
        }
        if self.filling.len() == MAX_RECIPIENTS {
            self.write_batch(tx).await?;
        }
        Ok(())
    }

    async fn write_batch(&mut self, tx: &mut Transaction<'_, Sqlite>) -> Result<(), LedgerError> {
        if self.filling.is_empty() {
            return Ok(());
        }
        let to = std::mem::replace(&mut self.filling, Vec::with_capacity(MAX_RECIPIENTS));
        let count = i64::try_from(to.len()).unwrap_or(i64::MAX);
        let multicast = Multicast::new(to, self.messages.clone())
            .expect("a batch has between 1 and the most recipients");
        let body = multicast.to_bytes();
        query(
            "insert into batch (occurrence_id, number, recipients, body, body_sha256, retry_key, state)
             values ($1, $2, $3, $4, $5, $6, 'planned')",
        )
        .bind(self.claim.occurrence)
        .bind(self.number)
        .bind(count)
        .bind(body.as_ref())
        .bind(digest(&SHA256, &body).as_ref())
        .bind(RetryKey::random().to_string())
        .execute(&mut **tx)
        .await?;
        self.number += 1;
        self.recipients += count;
        Ok(())
    }
}
