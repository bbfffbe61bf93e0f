//! Rows as the API's documents.

use service_kit::Timestamp;
use sqlx::FromRow;
use users_client::{Consent, Friendship, Member, Status};
use uuid::Uuid;

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

pub(super) fn member_id(bytes: &[u8]) -> Result<Uuid, sqlx::Error> {
    Uuid::from_slice(bytes).map_err(undecodable)
}

fn undecodable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}
