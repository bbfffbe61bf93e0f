//! Rows as the API's documents. Both kinds of database answer with the same columns.

use std::collections::{BTreeMap, HashMap};

use serde::de::DeserializeOwned;
use service_kit::Timestamp;
use sqlx::FromRow;
use users_client::{
    Attribute, AudienceMember, AudiencePreview, AuditEntry, Consent, ExcludedMembers, Friendship,
    FriendshipState, LuidDigest, Member, MemberPage, Membership, Status,
};
use uuid::Uuid;

use crate::domain::{
    ATTRIBUTES, Edit, Listing, Luid, QuietHours, TAGS, TOPICS, TopicName, canonical,
};
use crate::error::ApiError;
use crate::etag::Precondition;

/// A row of `member_document`.
#[derive(FromRow)]
pub(super) struct MemberRow {
    member_id: Vec<u8>,
    luid: String,
    display_name: String,
    picture_url: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    language: Option<String>,
    time_zone: Option<String>,
    quiet_from: Option<i64>,
    quiet_until: Option<i64>,
    status: String,
    friendship: String,
    consents: String,
    topics: String,
    tags: String,
    attributes: String,
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
            email: self.email,
            phone: self.phone,
            language: self.language,
            time_zone: self.time_zone,
            quiet_hours: QuietHours::from_minutes(self.quiet_from, self.quiet_until)
                .map(QuietHours::document),
            status: match self.status.as_str() {
                "active" => Status::Active,
                _ => Status::Leaving,
            },
            friendship: friendship(&self.friendship),
            consents: json(&self.consents)?,
            topics: json(&self.topics)?,
            tags: json(&self.tags)?,
            attributes: attributes(&self.attributes)?,
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
        })
    }
}

/// Members by their LINE user ID.
pub(super) fn by_luid(rows: Vec<MemberRow>) -> Result<HashMap<String, Member>, sqlx::Error> {
    let members = rows.into_iter().map(MemberRow::document);
    members
        .map(|member| member.map(|member| (member.luid.clone(), member)))
        .collect()
}

/// Why a member was not marked as leaving.
pub(super) fn not_left(is_known: bool) -> ApiError {
    if is_known {
        ApiError::RegisteredSince
    } else {
        ApiError::NotFound
    }
}

/// A status as it is stored.
pub(super) fn status_text(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Leaving => "leaving",
    }
}

/// The member, if they may be edited so.
pub(super) fn editable(
    member: Option<Member>,
    edit: &Edit,
    precondition: &Precondition,
) -> Result<Member, ApiError> {
    let member = member.ok_or(ApiError::NotFound)?;
    precondition.check(&member)?;
    if member.status == Status::Leaving {
        return Err(ApiError::Leaving);
    }
    let is_new_topic = |name: &TopicName| {
        let mut topics = member.topics.iter();
        topics.all(|known| known.topic != name.as_str())
    };
    match edit {
        Edit::Tag(tag, true)
            if member.tags.len() >= TAGS
                && !member.tags.iter().any(|known| known == tag.as_str()) =>
        {
            Err(ApiError::NoRoom("tags"))
        }
        Edit::Attribute(name, Some(_))
            if member.attributes.len() >= ATTRIBUTES
                && !member.attributes.contains_key(name.as_str()) =>
        {
            Err(ApiError::NoRoom("attributes"))
        }
        Edit::Topic(name, true) if member.topics.len() >= TOPICS && is_new_topic(name) => {
            Err(ApiError::NoRoom("topics"))
        }
        _ => Ok(member),
    }
}

/// A friendship as it is stored.
pub(super) fn friendship(stored: &str) -> Friendship {
    match stored {
        "following" => Friendship::Following,
        "blocked" => Friendship::Blocked,
        _ => Friendship::Unknown,
    }
}

fn json<T: DeserializeOwned>(stored: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(stored).map_err(undecodable)
}

fn attributes(stored: &str) -> Result<BTreeMap<String, Attribute>, sqlx::Error> {
    let stored: BTreeMap<_, _> = json(stored)?;
    let shown = stored
        .into_iter()
        .map(|(name, value)| (name, canonical(value)));
    Ok(shown.collect())
}

/// A row of `friendship`.
#[derive(FromRow)]
pub(super) struct FriendshipRow {
    state: String,
    event_at: i64,
}

impl From<FriendshipRow> for FriendshipState {
    fn from(row: FriendshipRow) -> Self {
        Self {
            friendship: friendship(&row.state),
            event_at: Timestamp::from_millis(row.event_at),
        }
    }
}

/// A page of members, from one row more than that where there are more.
pub(super) fn page(rows: Vec<MemberRow>, listing: &Listing) -> Result<MemberPage, sqlx::Error> {
    let limit = listing.limit;
    let more = rows.len() > limit as usize;
    let members = rows
        .into_iter()
        .take(limit as usize)
        .map(MemberRow::document)
        .collect::<Result<Vec<_>, _>>()?;
    let last = members.last().filter(|_| more);
    let next_cursor = last.map(|last| listing.cursor_behind(last));
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
    text_digest: Option<String>,
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
            text_digest: row.text_digest,
            language: row.language,
            granted: row.granted,
            channel: row.channel,
            changed_at: Timestamp::from_millis(row.changed_at),
        }
    }
}

/// A row of `audit`.
#[derive(FromRow)]
pub(super) struct AuditRow {
    audit_id: i64,
    asked_at: i64,
    subject: String,
    role: String,
    method: String,
    route: String,
    luid_digest: Option<Vec<u8>>,
    status: Option<i32>,
}

impl AuditRow {
    pub(super) fn document(self) -> Result<AuditEntry, sqlx::Error> {
        let luid_digest = self.luid_digest.as_deref().map(LuidDigest::try_from);
        Ok(AuditEntry {
            audit_id: self.audit_id,
            asked_at: self.asked_at.into(),
            subject: self.subject,
            role: self.role,
            method: self.method,
            route: self.route,
            luid_digest: luid_digest.transpose().map_err(undecodable)?,
            status: self.status.and_then(|status| status.try_into().ok()),
        })
    }
}

/// A row of an audience.
#[derive(FromRow)]
pub(super) struct AudienceRow {
    member_id: Vec<u8>,
    luid: String,
    display_name: String,
    language: Option<String>,
    time_zone: Option<String>,
    quiet_from: Option<i64>,
    quiet_until: Option<i64>,
    tags: Option<String>,
    attributes: Option<String>,
}

impl AudienceRow {
    pub(super) fn document(self) -> Result<AudienceMember, sqlx::Error> {
        Ok(AudienceMember {
            member_id: member_id(&self.member_id)?,
            luid: self.luid,
            display_name: self.display_name,
            language: self.language,
            time_zone: self.time_zone,
            quiet_hours: QuietHours::from_minutes(self.quiet_from, self.quiet_until)
                .map(QuietHours::document),
            tags: self.tags.as_deref().map(json).transpose()?,
            attributes: self.attributes.as_deref().map(attributes).transpose()?,
        })
    }
}

/// A row of a preview, the only one.
#[derive(FromRow)]
pub(super) struct PreviewRow {
    leaving: i64,
    blocked: i64,
    no_consent: i64,
    not_subscribed: i64,
    reached: i64,
}

impl From<PreviewRow> for AudiencePreview {
    fn from(row: PreviewRow) -> Self {
        let count = |stored| u64::try_from(stored).unwrap_or(0);
        Self {
            reached: count(row.reached),
            excluded: ExcludedMembers {
                leaving: count(row.leaving),
                blocked: count(row.blocked),
                no_consent: count(row.no_consent),
                not_subscribed: count(row.not_subscribed),
            },
        }
    }
}

/// A row that says who, and no more.
#[derive(FromRow)]
pub(super) struct IdRow {
    member_id: Vec<u8>,
}

impl IdRow {
    pub(super) fn id(self) -> Result<Uuid, sqlx::Error> {
        member_id(&self.member_id)
    }
}

pub(super) fn member_id(bytes: &[u8]) -> Result<Uuid, sqlx::Error> {
    Uuid::from_slice(bytes).map_err(undecodable)
}

pub(super) fn undecodable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

/// An active member, as far as the bot may know them.
#[derive(FromRow)]
pub(super) struct ActiveMember {
    luid: String,
    language: Option<String>,
}

/// Of somebody who was looked for among the active members.
pub(super) fn membership(found: Option<ActiveMember>) -> Membership {
    Membership {
        member: found.is_some(),
        language: found.and_then(|member| member.language),
    }
}

/// Of each of these people, who may be named more than once, if these are the active members among them.
pub(super) fn memberships(luids: &[Luid], found: Vec<ActiveMember>) -> Vec<Membership> {
    let found = found
        .into_iter()
        .map(|member| (member.luid.clone(), membership(Some(member))));
    let found: HashMap<_, _> = found.collect();
    let each = luids.iter().map(|luid| found.get(luid.as_str()).cloned());
    each.map(|found| found.unwrap_or_else(|| membership(None)))
        .collect()
}
