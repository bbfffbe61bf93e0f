use users_client::Membership;

use super::PostgresStore;
use crate::domain::Luid;
use crate::store::document::{membership, memberships};

const ONE: &str = "select luid, language from member where luid = $1 and status = 'active'";

const SEVERAL: &str =
    "select luid, language from member where luid = any ($1) and status = 'active'";

impl PostgresStore {
    pub(crate) async fn membership(&self, luid: &Luid) -> Result<Membership, sqlx::Error> {
        let mut lease = self.read().await?;
        let found = sqlx::query_as(ONE)
            .bind(luid.as_str())
            .fetch_optional(&mut *lease)
            .await?;
        lease.release();
        Ok(membership(found))
    }

    pub(crate) async fn memberships(&self, luids: &[Luid]) -> Result<Vec<Membership>, sqlx::Error> {
        let asked: Vec<_> = luids.iter().map(Luid::as_str).collect();
        let mut lease = self.read().await?;
        let found = sqlx::query_as(SEVERAL)
            .bind(asked)
            .fetch_all(&mut *lease)
            .await?;
        lease.release();
        Ok(memberships(luids, found))
    }
}
