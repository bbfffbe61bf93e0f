use super::SqliteStore;
use crate::table::Names;

const ATTRIBUTES: &str = "select distinct name from attribute";
const PURPOSES: &str = "select distinct purpose from standing_consent";
const TOPICS: &str = "select distinct topic from topic";

impl SqliteStore {
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
