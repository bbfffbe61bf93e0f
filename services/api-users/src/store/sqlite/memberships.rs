use users_client::Membership;

use super::SqliteStore;
use super::rows::rows;
use crate::domain::Luid;
use crate::store::document::{membership, memberships};

const ONE: &str = "select luid, language from member where luid = ? and status = 'active'";

const SEVERAL: &str = "
    select luid, language from member
    where luid in (select value from json_each(?)) and status = 'active'";

impl SqliteStore {
    pub(crate) async fn membership(&self, luid: &Luid) -> Result<Membership, sqlx::Error> {
        let found = sqlx::query_as(ONE)
            .bind(luid.as_str())
            .fetch_optional(&self.readers)
            .await?;
        Ok(membership(found))
    }

    pub(crate) async fn memberships(&self, luids: &[Luid]) -> Result<Vec<Membership>, sqlx::Error> {
        let Some(asked) = rows(luids.iter().map(Luid::as_str)) else {
            return Ok(Vec::new());
        };
        let found = sqlx::query_as(SEVERAL)
            .bind(asked)
            .fetch_all(&self.readers)
            .await?;
        Ok(memberships(luids, found))
    }
}
