use users_client::Member;
use uuid::Uuid;

use super::SqliteStore;
use crate::store::document::MemberRow;
use crate::table::Names;

const PAGE: &str = "select * from member_document where member_id > ? order by member_id limit ?";

const ATTRIBUTES: &str = "select distinct name from attribute";
const PURPOSES: &str = "select distinct purpose from standing_consent";
const TOPICS: &str = "select distinct topic from topic";

impl SqliteStore {
    /// Up to `limit` members, leaving or not, by ID.
    pub(crate) async fn members(
        &self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Member>, sqlx::Error> {
        let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let rows: Vec<MemberRow> = sqlx::query_as(PAGE)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(MemberRow::document).collect()
    }

    /// What the attributes, purposes and topics are called that anybody has.
    pub(crate) async fn names(&self) -> Result<Names, sqlx::Error> {
        let mut names = Names::default();
        for (list, question) in [
            (&mut names.attributes, ATTRIBUTES),
            (&mut names.purposes, PURPOSES),
            (&mut names.topics, TOPICS),
        ] {
            *list = sqlx::query_scalar(question)
                .fetch_all(&self.readers)
                .await?;
            list.sort_unstable();
        }
        Ok(names)
    }
}
