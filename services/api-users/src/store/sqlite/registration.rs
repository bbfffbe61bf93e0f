use std::collections::{HashMap, HashSet};

use serde::Serialize;
use service_kit::Timestamp;
use sqlx::{SqliteConnection, SqlitePool};
use users_client::Friendship;
use uuid::Uuid;
use uuid::fmt::Simple;

use super::answers::{keep, recall};
use super::rows::{hex, rows};
use crate::domain::{Email, Language, Phone, PictureUrl, TimeZone};
use crate::error::ApiError;
use crate::store::TOMBSTONE_LIFE;
use crate::store::document::{friendship, member_id};
use crate::store::registration::{Group, Newcomer, Registrations};

/// The unique LINE user ID and the tombstone decide, inside the one statement.
const INSERT_MEMBERS: &str = "
    insert into member (
        member_id, luid, display_name, picture_url, email, phone, language, time_zone, quiet_from, quiet_until,
        status, created_at, updated_at, last_active_at
    )
    select
        unhex(value ->> 'member_id'), value ->> 'luid', value ->> 'display_name', value ->> 'picture_url',
        value ->> 'email', value ->> 'phone', value ->> 'language', value ->> 'time_zone',
        value ->> 'quiet_from', value ->> 'quiet_until',
        'active', value ->> 'now', value ->> 'now', value ->> 'now'
    from json_each(?1)
    where not exists (
        select 1 from tombstone
        where luid_digest = unhex(value ->> 'luid_digest') and erased_at > value ->> 'signed_in_at' and erased_at > ?2
    )
    on conflict (luid) do nothing
    returning member_id, coalesce((select state from friendship where friendship.luid = member.luid), 'unknown')";

const INSERT_CONSENTS: &str = "
    insert into consent (member_id, purpose, version, text_digest, language, granted, channel, changed_at)
    select
        unhex(value ->> 'member_id'), value ->> 'purpose', value ->> 'version', value ->> 'text_digest',
        value ->> 'language', value ->> 'granted', value ->> 'channel', value ->> 'now'
    from json_each(?1)";

const REGISTERED: &str = "select luid from member where luid in (select value from json_each(?1))";

/// Where registrations wait for their turn with the writer.
pub(super) fn registrations(writer: &SqlitePool) -> Registrations {
    let writer = writer.clone();
    Registrations::spawn(move |group| register(writer.clone(), group))
}

async fn register(writer: SqlitePool, mut group: Group) -> Result<Group, ApiError> {
    let mut tx = writer.begin_with("begin immediate").await?;
    recall(&mut tx, &mut group).await?;
    let newcomers: Vec<_> = group.newcomers().collect();
    let new = insert_members(&mut tx, &newcomers).await?;
    insert_consents(&mut tx, group.accepted(&new)).await?;
    let registered = registered(&mut tx, &group, &new).await?;
    group.settle(&new, &registered);
    keep(&mut tx, &group).await?;
    tx.commit().await?;
    Ok(group)
}

#[derive(Serialize)]
struct MemberRow<'a> {
    member_id: Simple,
    luid: &'a str,
    display_name: &'a str,
    picture_url: Option<&'a str>,
    email: Option<&'a str>,
    phone: Option<&'a str>,
    language: Option<&'a str>,
    time_zone: Option<&'a str>,
    quiet_from: Option<u16>,
    quiet_until: Option<u16>,
    now: Timestamp,
    luid_digest: String,
    signed_in_at: Timestamp,
}

impl<'a> From<&'a Newcomer> for MemberRow<'a> {
    fn from(newcomer: &'a Newcomer) -> Self {
        let candidate = &newcomer.candidate;
        Self {
            member_id: newcomer.member_id.simple(),
            luid: candidate.luid.as_str(),
            display_name: candidate.display_name.as_str(),
            picture_url: candidate.picture_url.as_ref().map(PictureUrl::as_str),
            email: candidate.email.as_ref().map(Email::as_str),
            phone: candidate.phone.as_ref().map(Phone::as_str),
            language: candidate.language.as_ref().map(Language::as_str),
            time_zone: candidate.time_zone.as_ref().map(TimeZone::as_str),
            quiet_from: candidate.quiet_hours.map(|quiet| quiet.from),
            quiet_until: candidate.quiet_hours.map(|quiet| quiet.until),
            now: newcomer.now,
            luid_digest: hex(&candidate.luid.digest()),
            signed_in_at: newcomer.signed_in_at(),
        }
    }
}

/// Who is a member now, and whether they are the bot's friend.
pub(super) async fn insert_members(
    tx: &mut SqliteConnection,
    newcomers: &[&Newcomer],
) -> Result<HashMap<Uuid, Friendship>, sqlx::Error> {
    let now = newcomers.iter().map(|newcomer| newcomer.now).max();
    let members = rows(newcomers.iter().copied().map(MemberRow::from));
    let (Some(now), Some(members)) = (now, members) else {
        return Ok(HashMap::new());
    };
    let inserted: Vec<(Vec<u8>, String)> = sqlx::query_as(INSERT_MEMBERS)
        .bind(members)
        .bind((now - TOMBSTONE_LIFE).as_millis())
        .fetch_all(tx)
        .await?;
    inserted
        .iter()
        .map(|(id, state)| Ok((member_id(id)?, friendship(state))))
        .collect()
}

#[derive(Serialize)]
struct ConsentRow<'a> {
    member_id: Simple,
    purpose: &'a str,
    version: &'a str,
    text_digest: Option<&'a str>,
    language: &'a str,
    granted: bool,
    channel: &'a str,
    now: Timestamp,
}

fn consent_rows(newcomer: &Newcomer) -> impl Iterator<Item = ConsentRow<'_>> {
    let given = newcomer.candidate.consents.iter();
    given.map(|consent| ConsentRow {
        member_id: newcomer.member_id.simple(),
        purpose: consent.purpose.as_str(),
        version: &consent.version,
        text_digest: consent.text_digest.as_deref(),
        language: consent.language.as_str(),
        granted: consent.granted,
        channel: consent.channel,
        now: newcomer.now,
    })
}

pub(super) async fn insert_consents(
    tx: &mut SqliteConnection,
    newcomers: impl Iterator<Item = &Newcomer>,
) -> Result<(), sqlx::Error> {
    if let Some(consents) = rows(newcomers.flat_map(consent_rows)) {
        sqlx::query(INSERT_CONSENTS)
            .bind(consents)
            .execute(tx)
            .await?;
    }
    Ok(())
}

/// The LINE user IDs of those who did not become members now and are some.
async fn registered(
    tx: &mut SqliteConnection,
    group: &Group,
    new: &HashMap<Uuid, Friendship>,
) -> Result<HashSet<String>, sqlx::Error> {
    let Some(luids) = rows(group.refused(new)) else {
        return Ok(HashSet::new());
    };
    let found: Vec<String> = sqlx::query_scalar(REGISTERED)
        .bind(luids)
        .fetch_all(tx)
        .await?;
    Ok(found.into_iter().collect())
}
