use service_kit::Timestamp;
use sqlx::{Sqlite, Transaction};
use users_client::{Consent, Member};
use uuid::Uuid;

use super::SqliteStore;
use super::members::settle;
use crate::domain::{ConsentText, Luid};
use crate::error::ApiError;
use crate::store::document::{ConsentRow, member_id};

const INSERT: &str = "
    insert into consent (member_id, purpose, version, language, granted, channel, changed_at)
    values (?, ?, ?, ?, ?, ?, ?)";

const HISTORY: &str = "
    select purpose, version, language, granted, channel, changed_at from consent
    where member_id = ? order by consent_id";

const TOUCH: &str = "
    update member set updated_at = ? where luid = ? and status = 'active' returning member_id";

impl SqliteStore {
    pub(crate) async fn consent_history(
        &self,
        luid: &Luid,
    ) -> Result<Option<Vec<Consent>>, sqlx::Error> {
        let member: Option<Vec<u8>> =
            sqlx::query_scalar("select member_id from member where luid = ?")
                .bind(luid.as_str())
                .fetch_optional(&self.readers)
                .await?;
        let Some(member) = member else {
            return Ok(None);
        };
        let rows: Vec<ConsentRow> = sqlx::query_as(HISTORY)
            .bind(member)
            .fetch_all(&self.readers)
            .await?;
        Ok(Some(rows.into_iter().map(Consent::from).collect()))
    }

    pub(crate) async fn give_consents(
        &self,
        luid: &Luid,
        consents: &[ConsentText],
        now: Timestamp,
    ) -> Result<Member, ApiError> {
        let mut tx = self.write().await?;
        let member: Option<Vec<u8>> = sqlx::query_scalar(TOUCH)
            .bind(now.as_millis())
            .bind(luid.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(member) = &member {
            insert_consents(&mut tx, member_id(member)?, consents, now).await?;
        }
        settle(tx, luid, member.is_some()).await
    }
}

pub(super) async fn insert_consents(
    tx: &mut Transaction<'_, Sqlite>,
    member_id: Uuid,
    consents: &[ConsentText],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    for consent in consents {
        sqlx::query(INSERT)
            .bind(member_id.as_bytes().as_slice())
            .bind(consent.purpose.as_str())
            .bind(&consent.version)
            .bind(consent.language.as_str())
            .bind(consent.granted)
            .bind(consent.channel)
            .bind(now.as_millis())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
