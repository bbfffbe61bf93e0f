use users_client::Member;
use uuid::Uuid;

use super::PostgresStore;
use crate::store::document::MemberRow;
use crate::table::Names;

const PAGE: &str = "select * from member_document where member_id > $1 order by member_id limit $2";

const ATTRIBUTES: &str = "select distinct name from attribute";
const PURPOSES: &str = "select distinct purpose from standing_consent";
const TOPICS: &str = "select distinct topic from topic";

impl PostgresStore {
    /// Up to `limit` members, leaving or not, by ID.
    pub(crate) async fn members(
        &self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Member>, sqlx::Error> {
        let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let mut lease = self.read().await?;
        let rows: Vec<MemberRow> = sqlx::query_as(PAGE)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&mut *lease)
            .await?;
        lease.release();
        rows.into_iter().map(MemberRow::document).collect()
    }

    /// What the attributes, purposes and topics are called that anybody has.
    pub(crate) async fn names(&self) -> Result<Names, sqlx::Error> {
        let mut names = Names::default();
        let mut lease = self.read().await?;
        for (list, question) in [
            (&mut names.attributes, ATTRIBUTES),
            (&mut names.purposes, PURPOSES),
            (&mut names.topics, TOPICS),
        ] {
            *list = sqlx::query_scalar(question).fetch_all(&mut *lease).await?;
            list.sort_unstable();
        }
        lease.release();
        Ok(names)
    }
}
