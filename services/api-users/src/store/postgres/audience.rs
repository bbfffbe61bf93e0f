use service_kit::Timestamp;
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use users_client::{AudiencePreview, MemberPage};
use uuid::Uuid;

use super::PostgresStore;
use super::bound::bound;
use crate::domain::{Audience, Listing, RecipientCheck};
use crate::segment::Dialect::Postgres;
use crate::store::audience::{AudiencePage, WINDOW};
use crate::store::document::{self, AudienceRow, IdRow, PreviewRow};
use crate::store::statement::{self, Statement};

const WINDOW_END: &str =
    "select member_id from member where member_id > $1 order by member_id limit 1 offset $2";

/// Whatever is joined lies in an index in the order of the members. Merged in that order it takes half the work of hashing,
/// and far less than the lookups that the server's guesses about a segment may lead it to. Parallel workers would each
/// read all of what is merged.
const COUNT: &str = "
    begin read only;
    set local enable_hashjoin = off; set local enable_nestloop = off;
    set local max_parallel_workers_per_gather = 0; set local work_mem = '32MB';";

impl PostgresStore {
    pub(crate) async fn list(
        &self,
        listing: &Listing,
        now: Timestamp,
    ) -> Result<MemberPage, sqlx::Error> {
        let rows = self.rows(statement::page(listing, Postgres, now)).await?;
        document::page(rows, listing)
    }

    pub(crate) async fn preview(
        &self,
        audience: &Audience,
        now: Timestamp,
    ) -> Result<AudiencePreview, sqlx::Error> {
        let asked = statement::preview(audience, Postgres, now);
        let mut lease = self.read().await?;
        sqlx::raw_sql(COUNT).execute(&mut *lease).await?;
        let rows: Vec<PreviewRow> = bound(asked)?.fetch_all(&mut *lease).await?;
        lease.commit().await?;
        rows.into_iter()
            .next()
            .map(AudiencePreview::from)
            .ok_or(sqlx::Error::RowNotFound)
    }

    pub(crate) async fn audience(
        &self,
        audience: &Audience,
        with_profile: bool,
        after: Vec<u8>,
        now: Timestamp,
    ) -> Result<AudiencePage, sqlx::Error> {
        let mut lease = self.read().await?;
        let until: Option<Vec<u8>> = sqlx::query_scalar(WINDOW_END)
            .bind(&after)
            .bind(WINDOW - 1)
            .fetch_optional(&mut *lease)
            .await?;
        lease.release();
        let range = (after, until.clone());
        let asked = statement::audience(audience, with_profile, range, Postgres, now);
        let rows: Vec<AudienceRow> = self.rows(asked).await?;
        AudiencePage::new(rows, until)
    }

    pub(crate) async fn check_audience(
        &self,
        check: &RecipientCheck,
        now: Timestamp,
    ) -> Result<Vec<Uuid>, sqlx::Error> {
        let rows: Vec<IdRow> = self.rows(statement::check(check, Postgres, now)).await?;
        rows.into_iter().map(IdRow::id).collect()
    }

    async fn rows<Row>(&self, statement: Statement) -> Result<Vec<Row>, sqlx::Error>
    where
        Row: for<'row> FromRow<'row, PgRow> + Send + Unpin,
    {
        let mut lease = self.read().await?;
        let rows = bound(statement)?.fetch_all(&mut *lease).await?;
        lease.release();
        Ok(rows)
    }
}
