//! Rows as the API's documents. Both kinds of database answer with the same columns.

use service_kit::Timestamp;
use sqlx::FromRow;
use users_client::{AudienceMember, Consent, Friendship, Member, MemberPage, Status};
use uuid::Uuid;

use crate::cursor::Cursor;
use crate::error::ApiError;

/// A row of `member_document`.
#[derive(FromRow)]
pub(super) struct MemberRow {
    member_id: Vec<u8>,
    luid: String,
    display_name: String,
    picture_url: Option<String>,
    language: Option<String>,
    time_zone: Option<String>,
    status: String,
    friendship: String,
    consents: String,
    created_at: i64,
    updated_at: i64,
}

impl MemberRow {
    pub(super) fn document(self) -> Result<Member, sqlx::Error> {
        Ok(Member {
            member_id: member_id(&self.member_id)?,
            luid: self.luid,
            display_name: self.display_name,
            picture_url: self.picture_url,
            language: self.language,
            time_zone: self.time_zone,
            status: match self.status.as_str() {
                "active" => Status::Active,
                _ => Status::Leaving,
            },
            friendship: match self.friendship.as_str() {
                "following" => Friendship::Following,
                "blocked" => Friendship::Blocked,
                _ => Friendship::Unknown,
            },
            consents: serde_json::from_str(&self.consents).map_err(undecodable)?,
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
        })
    }
}

/// A status as it is stored.
pub(super) fn status_text(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Leaving => "leaving",
    }
}

/// What became of an active member who was to be changed: the outcome, or why none was.
pub(super) fn changed(member: Option<Member>, changed: bool) -> Result<Member, ApiError> {
    match member {
        None => Err(ApiError::NotFound),
        Some(_) if !changed => Err(ApiError::Leaving),
        Some(member) => Ok(member),
    }
}

/// Where a page begins: everyone who comes after this age and ID is on it or on a later one.
pub(super) fn page_start(after: Option<Cursor>) -> (i64, Vec<u8>) {
    match after {
        Some(cursor) => (
            cursor.created_at.as_millis(),
            cursor.member_id.as_bytes().to_vec(),
        ),
        None => (i64::MIN, Vec::new()),
    }
}

/// A page of `limit` members, from one row more than that where there are more.
pub(super) fn page(rows: Vec<MemberRow>, limit: u32) -> Result<MemberPage, sqlx::Error> {
    let more = rows.len() > limit as usize;
    let members = rows
        .into_iter()
        .take(limit as usize)
        .map(MemberRow::document)
        .collect::<Result<Vec<_>, _>>()?;
    let next_cursor = members.last().filter(|_| more).map(|last| {
        let (created_at, member_id) = (last.created_at, last.member_id);
        Cursor {
            created_at,
            member_id,
        }
        .encode()
    });
    Ok(MemberPage {
        members,
        next_cursor,
    })
}

/// A row of `consent`.
#[derive(FromRow)]
pub(super) struct ConsentRow {
    purpose: String,
    version: String,
    language: String,
    granted: bool,
    channel: String,
    changed_at: i64,
}

impl From<ConsentRow> for Consent {
    fn from(row: ConsentRow) -> Self {
        Self {
            purpose: row.purpose,
            version: row.version,
            language: row.language,
            granted: row.granted,
            channel: row.channel,
            changed_at: Timestamp::from_millis(row.changed_at),
        }
    }
}

/// A row of an audience.
#[derive(FromRow)]
pub(super) struct AudienceRow {
    member_id: Vec<u8>,
    luid: String,
    language: Option<String>,
}

impl AudienceRow {
    pub(super) fn document(self) -> Result<AudienceMember, sqlx::Error> {
        Ok(AudienceMember {
            member_id: member_id(&self.member_id)?,
            luid: self.luid,
            language: self.language,
        })
    }
}

pub(super) fn member_id(bytes: &[u8]) -> Result<Uuid, sqlx::Error> {
    Uuid::from_slice(bytes).map_err(undecodable)
}

fn undecodable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}
