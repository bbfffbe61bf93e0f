use service_kit::Timestamp;
use sqlx::FromRow;
use users_client::{AudiencePreview, MemberPage};
use uuid::Uuid;

use super::SqliteStore;
use super::bound::bound;
use crate::domain::{Audience, Listing, RecipientCheck};
use crate::segment::Dialect::Sqlite;
use crate::store::audience::{AudiencePage, WINDOW};
use crate::store::document::{self, AudienceRow, IdRow, PreviewRow};
use crate::store::statement;

const WINDOW_END: &str =
    "select member_id from member where member_id > ? order by member_id limit 1 offset ?";

impl SqliteStore {
    pub(crate) async fn list(
        &self,
        listing: &Listing,
        now: Timestamp,
    ) -> Result<MemberPage, sqlx::Error> {
        let rows = self.rows(statement::page(listing, Sqlite, now)).await?;
        document::page(rows, listing)
    }

    pub(crate) async fn preview(
        &self,
        audience: &Audience,
        now: Timestamp,
    ) -> Result<AudiencePreview, sqlx::Error> {
        let rows: Vec<PreviewRow> = self.rows(statement::preview(audience, Sqlite, now)).await?;
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
        let until: Option<Vec<u8>> = sqlx::query_scalar(WINDOW_END)
            .bind(&after)
            .bind(WINDOW - 1)
            .fetch_optional(&self.readers)
            .await?;
        let range = (after, until.clone());
        let asked = statement::audience(audience, with_profile, range, Sqlite, now);
        let rows: Vec<AudienceRow> = self.rows(asked).await?;
        AudiencePage::new(rows, until)
    }

    pub(crate) async fn check_audience(
        &self,
        check: &RecipientCheck,
        now: Timestamp,
    ) -> Result<Vec<Uuid>, sqlx::Error> {
        let rows: Vec<IdRow> = self.rows(statement::check(check, Sqlite, now)).await?;
        rows.into_iter().map(IdRow::id).collect()
    }

    async fn rows<Row>(&self, statement: statement::Statement) -> Result<Vec<Row>, sqlx::Error>
    where
        Row: for<'row> FromRow<'row, sqlx::sqlite::SqliteRow> + Send + Unpin,
    {
        bound(statement)?.fetch_all(&self.readers).await
    }
}
