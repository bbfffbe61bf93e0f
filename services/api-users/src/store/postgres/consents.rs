use service_kit::Timestamp;
use sqlx::PgConnection;
use users_client::Consent;
use uuid::Uuid;

use super::PostgresStore;
use crate::domain::{ConsentText, Luid};
use crate::store::document::ConsentRow;

/// Their order is kept: the later of two counts.
const INSERT: &str = "
    insert into consent (member_id, purpose, version, text_digest, language, granted, channel, changed_at)
    select $1, purpose, version, text_digest, language, granted, channel, $2
    from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[])
        with ordinality as given (purpose, version, text_digest, language, granted, channel, place)
    order by place";

const HISTORY: &str = "
    select purpose, version, text_digest, language, granted, channel, changed_at from consent
    where member_id = $1 order by consent_id";

impl PostgresStore {
    pub(crate) async fn consent_history(
        &self,
        luid: &Luid,
    ) -> Result<Option<Vec<Consent>>, sqlx::Error> {
        let mut lease = self.read().await?;
        let member: Option<Vec<u8>> =
            sqlx::query_scalar("select member_id from member where luid = $1")
                .bind(luid.as_str())
                .fetch_optional(&mut *lease)
                .await?;
        let rows: Vec<ConsentRow> = sqlx::query_as(HISTORY)
            .bind(member.as_deref())
            .fetch_all(&mut *lease)
            .await?;
        lease.release();
        Ok(member.map(|_| rows.into_iter().map(Consent::from).collect()))
    }
}

pub(super) async fn insert_consents(
    tx: &mut PgConnection,
    member_id: Uuid,
    consents: &[ConsentText],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if consents.is_empty() {
        return Ok(());
    }
    let texts = |field: fn(&ConsentText) -> &str| consents.iter().map(field).collect::<Vec<_>>();
    sqlx::query(INSERT)
        .bind(member_id.as_bytes().as_slice())
        .bind(now.as_millis())
        .bind(texts(|consent| consent.purpose.as_str()))
        .bind(texts(|consent| &consent.version))
        .bind(
            consents
                .iter()
                .map(|consent| consent.text_digest.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(texts(|consent| consent.language.as_str()))
        .bind(
            consents
                .iter()
                .map(|consent| consent.granted)
                .collect::<Vec<_>>(),
        )
        .bind(texts(|consent| consent.channel))
        .execute(tx)
        .await
        .map(drop)
}
