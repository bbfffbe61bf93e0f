use service_kit::Timestamp;
use sqlx::PgConnection;
use users_client::{Consent, Member};
use uuid::Uuid;

use super::PostgresStore;
use super::members::settle;
use crate::domain::{ConsentText, Luid};
use crate::error::ApiError;
use crate::store::document::{ConsentRow, member_id};

/// Their order is kept: the later of two counts.
const INSERT: &str = "
    insert into consent (member_id, purpose, version, language, granted, channel, changed_at)
    select $1, purpose, version, language, granted, channel, $2
    from unnest($3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[])
        with ordinality as given (purpose, version, language, granted, channel, place)
    order by place";

const HISTORY: &str = "
    select purpose, version, language, granted, channel, changed_at from consent
    where member_id = $1 order by consent_id";

const TOUCH: &str = "
    update member set updated_at = $1 where luid = $2 and status = 'active' returning member_id";

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

    pub(crate) async fn give_consents(
        &self,
        luid: &Luid,
        consents: &[ConsentText],
        now: Timestamp,
    ) -> Result<Member, ApiError> {
        let mut tx = self.write(luid).await?;
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
