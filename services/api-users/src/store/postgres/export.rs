use super::PostgresStore;
use crate::table::Names;

const ATTRIBUTES: &str = "select distinct name from attribute";
const PURPOSES: &str = "select distinct purpose from standing_consent";
const TOPICS: &str = "select distinct topic from topic";

impl PostgresStore {
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
