use users_client::AudienceMember;
use uuid::Uuid;

use super::SqliteStore;
use crate::domain::Purpose;
use crate::store::document::AudienceRow;

const PAGE: &str = "
    select member_id, luid, language from member
    where member_id > ? and status = 'active'
        and not exists (select 1 from friendship where friendship.luid = member.luid and state = 'blocked')
        and (
            select granted from consent where consent.member_id = member.member_id and purpose = ?
            order by consent_id desc limit 1
        )
    order by member_id limit ?";

impl SqliteStore {
    pub(crate) async fn audience(
        &self,
        purpose: &Purpose,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AudienceMember>, sqlx::Error> {
        let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let rows: Vec<AudienceRow> = sqlx::query_as(PAGE)
            .bind(after)
            .bind(purpose.as_str())
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(AudienceRow::document).collect()
    }
}
