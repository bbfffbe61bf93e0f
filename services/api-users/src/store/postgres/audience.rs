use users_client::AudienceMember;
use uuid::Uuid;

use super::PostgresStore;
use crate::domain::Purpose;
use crate::store::document::AudienceRow;

const PAGE: &str = "
    select member_id, luid, language from member
    where member_id > $1 and status = 'active'
        and not exists (select 1 from friendship where friendship.luid = member.luid and state = 'blocked')
        and (
            select granted from consent where consent.member_id = member.member_id and purpose = $2
            order by consent_id desc limit 1
        )
    order by member_id limit $3";

impl PostgresStore {
    pub(crate) async fn audience(
        &self,
        purpose: &Purpose,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AudienceMember>, sqlx::Error> {
        let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let mut lease = self.read().await?;
        let rows: Vec<AudienceRow> = sqlx::query_as(PAGE)
            .bind(after)
            .bind(purpose.as_str())
            .bind(i64::from(limit))
            .fetch_all(&mut *lease)
            .await?;
        lease.release();
        rows.into_iter().map(AudienceRow::document).collect()
    }
}
