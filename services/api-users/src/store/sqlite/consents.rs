use service_kit::Timestamp;
use sqlx::SqliteConnection;
use users_client::Consent;
use uuid::Uuid;

use super::SqliteStore;
use crate::domain::{ConsentText, Luid};
use crate::store::document::ConsentRow;

const INSERT: &str = "
    insert into consent (member_id, purpose, version, text_digest, language, granted, channel, changed_at)
    values (?, ?, ?, ?, ?, ?, ?, ?)";

const HISTORY: &str = "
    select purpose, version, text_digest, language, granted, channel, changed_at from consent
    where member_id = ? order by consent_id";

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
}

pub(super) async fn insert_consents(
    tx: &mut SqliteConnection,
    member_id: Uuid,
    consents: &[ConsentText],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    for consent in consents {
        sqlx::query(INSERT)
            .bind(member_id.as_bytes().as_slice())
            .bind(consent.purpose.as_str())
            .bind(&consent.version)
            .bind(&consent.text_digest)
            .bind(consent.language.as_str())
            .bind(consent.granted)
            .bind(consent.channel)
            .bind(now.as_millis())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
