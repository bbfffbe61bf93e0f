//! Rows of the feed as the API's page.

use service_kit::Timestamp;
use sqlx::FromRow;
use users_client::{Change, ChangeKind, ChangePage, LuidDigest};

use super::document::undecodable;
use crate::error::ApiError;

/// A row of a page. There is always one, which tells the last number; the rest of it is null if the page is empty.
#[derive(FromRow)]
pub(super) struct ChangeRow {
    last_change: i64,
    #[sqlx(flatten)]
    entry: EntryRow,
}

#[derive(FromRow)]
struct EntryRow {
    change_id: Option<i64>,
    kind: Option<String>,
    luid_digest: Option<Vec<u8>>,
    changed_at: Option<i64>,
}

/// A kind as it is stored.
pub(super) fn kind_text(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Leaving => "leaving",
        ChangeKind::Erased => "erased",
    }
}

/// The page after the change `after`, if the feed still reaches back to that one. It does not where the next entry is
/// gone, nor where no such number was given yet: then the database is older than whoever asks, a backup most likely.
pub(super) fn page(rows: Vec<ChangeRow>, after: i64) -> Result<ChangePage, ApiError> {
    let last = rows.first().map_or(0, |row| row.last_change);
    let changes = rows
        .into_iter()
        .filter_map(|row| row.entry.document().transpose())
        .collect::<Result<Vec<_>, _>>()?;
    let goes_on = match changes.first() {
        Some(first) => first.change_id == after + 1,
        None => after == last,
    };
    if after != 0 && !goes_on {
        return Err(ApiError::ChangesForgotten);
    }
    let next_after = changes.last().map_or(after, |change| change.change_id);
    Ok(ChangePage {
        changes,
        next_after,
    })
}

impl EntryRow {
    fn document(self) -> Result<Option<Change>, sqlx::Error> {
        let (Some(change_id), Some(kind), Some(digest), Some(changed_at)) =
            (self.change_id, self.kind, self.luid_digest, self.changed_at)
        else {
            return Ok(None);
        };
        Ok(Some(Change {
            change_id,
            kind: match kind.as_str() {
                "leaving" => ChangeKind::Leaving,
                _ => ChangeKind::Erased,
            },
            luid_digest: LuidDigest::try_from(digest.as_slice()).map_err(undecodable)?,
            changed_at: Timestamp::from_millis(changed_at),
        }))
    }
}
