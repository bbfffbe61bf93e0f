use std::collections::{HashMap, HashSet};

use service_kit::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, Encode, PgConnection, PgPool, Postgres, Type};
use tokio::time::timeout;
use users_client::Friendship;
use uuid::Uuid;

use super::Lease;
use super::answers::{keep, recall};
use crate::domain::{ConsentText, Email, Language, Luid, Phone, PictureUrl, TimeZone};
use crate::error::ApiError;
use crate::store::TOMBSTONE_LIFE;
use crate::store::document::{friendship, member_id};
use crate::store::registration::{GROUP_LIMIT, Group, Newcomer, Registrations};

/// The unique LINE user ID and the tombstone decide, inside the one statement.
const INSERT: &str = "
    with newcomer as (
        insert into member (
            member_id, luid, display_name, picture_url, email, phone, language, time_zone, quiet_from, quiet_until,
            status, created_at, updated_at, last_active_at
        )
        select
            member_id, luid, display_name, picture_url, email, phone, language, time_zone, quiet_from, quiet_until,
            'active', now, now, now
        from unnest(
            $2::bytea[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::bigint[], $11::bigint[], $12::bigint[], $13::bytea[], $14::bigint[]
        ) as candidate (
            member_id, luid, display_name, picture_url, email, phone, language, time_zone,
            quiet_from, quiet_until, now, luid_digest, signed_in_at
        )
        where not exists (
            select 1 from tombstone
            where tombstone.luid_digest = candidate.luid_digest and erased_at > signed_in_at and erased_at > $1
        )
        on conflict (luid) do nothing
        returning member_id, luid
    ), agreement as (
        insert into consent (member_id, purpose, version, text_digest, language, granted, channel, changed_at)
        select newcomer.member_id, purpose, version, text_digest, language, granted, channel, now
        from unnest(
            $15::bytea[], $16::text[], $17::text[], $18::text[], $19::text[], $20::boolean[], $21::text[], $22::bigint[]
        ) as given (member_id, purpose, version, text_digest, language, granted, channel, now)
        join newcomer using (member_id)
    )
    select newcomer.member_id, coalesce(friendship.state, 'unknown') from newcomer left join friendship using (luid)";

const REGISTERED: &str = "select luid from member where luid = any($1)";

/// Where registrations wait for the end of the transaction before theirs.
pub(super) fn registrations(pool: &PgPool) -> Registrations {
    let pool = pool.clone();
    Registrations::spawn(move |group| {
        let pool = pool.clone();
        async move {
            timeout(GROUP_LIMIT, register(pool, group))
                .await
                .unwrap_or(Err(ApiError::StoreSilent))
        }
    })
}

async fn register(pool: PgPool, mut group: Group) -> Result<Group, ApiError> {
    let mut tx = Lease::new(pool.acquire().await?);
    if group.asked().next().is_some() {
        recall(&mut tx, &mut group).await?;
        tx.lock(luids(&group)).await?;
    } else {
        tx.begin_all(luids(&group)).await?;
    }
    let newcomers: Vec<_> = group.newcomers().collect();
    let new = insert(&mut tx, &newcomers).await?;
    let registered = registered(&mut tx, &group, &new).await?;
    group.settle(&new, &registered);
    keep(&mut tx, &group).await?;
    tx.commit().await?;
    Ok(group)
}

fn luids(group: &Group) -> impl Iterator<Item = &Luid> {
    group.newcomers().map(|newcomer| &newcomer.candidate.luid)
}

/// Who is a member now, and whether they are the bot's friend.
pub(super) async fn insert(
    tx: &mut PgConnection,
    newcomers: &[&Newcomer],
) -> Result<HashMap<Uuid, Friendship>, sqlx::Error> {
    let Some(now) = newcomers.iter().map(|newcomer| newcomer.now).max() else {
        return Ok(HashMap::new());
    };
    let inserted: Vec<(Vec<u8>, String)> = sqlx::query_as_with(INSERT, columns(newcomers, now)?)
        .fetch_all(tx)
        .await?;
    inserted
        .iter()
        .map(|(id, state)| Ok((member_id(id)?, friendship(state))))
        .collect()
}

fn columns(newcomers: &[&Newcomer], now: Timestamp) -> Result<PgArguments, sqlx::Error> {
    let mut columns = PgArguments::default();
    columns
        .add((now - TOMBSTONE_LIFE).as_millis())
        .map_err(sqlx::Error::Encode)?;
    add(&mut columns, newcomers, |one| {
        one.member_id.as_bytes().as_slice()
    })?;
    add(&mut columns, newcomers, |one| one.candidate.luid.as_str())?;
    add(&mut columns, newcomers, |one| {
        one.candidate.display_name.as_str()
    })?;
    add(&mut columns, newcomers, |one| {
        one.candidate.picture_url.as_ref().map(PictureUrl::as_str)
    })?;
    add(&mut columns, newcomers, |one| {
        one.candidate.email.as_ref().map(Email::as_str)
    })?;
    add(&mut columns, newcomers, |one| {
        one.candidate.phone.as_ref().map(Phone::as_str)
    })?;
    add(&mut columns, newcomers, |one| {
        one.candidate.language.as_ref().map(Language::as_str)
    })?;
    add(&mut columns, newcomers, |one| {
        one.candidate.time_zone.as_ref().map(TimeZone::as_str)
    })?;
    add(&mut columns, newcomers, |one| {
        one.candidate.quiet_hours.map(|quiet| i64::from(quiet.from))
    })?;
    add(&mut columns, newcomers, |one| {
        let quiet = one.candidate.quiet_hours;
        quiet.map(|quiet| i64::from(quiet.until))
    })?;
    add(&mut columns, newcomers, |one| one.now.as_millis())?;
    add(&mut columns, newcomers, |one| one.candidate.luid.digest())?;
    add(&mut columns, newcomers, |one| {
        one.signed_in_at().as_millis()
    })?;
    let given: Vec<(&Newcomer, &ConsentText)> = newcomers
        .iter()
        .flat_map(|one| one.candidate.consents.iter().map(|given| (*one, given)))
        .collect();
    add(&mut columns, &given, |(one, _)| {
        one.member_id.as_bytes().as_slice()
    })?;
    add(&mut columns, &given, |(_, given)| given.purpose.as_str())?;
    add(&mut columns, &given, |(_, given)| given.version.as_str())?;
    add(&mut columns, &given, |(_, given)| {
        given.text_digest.as_deref()
    })?;
    add(&mut columns, &given, |(_, given)| given.language.as_str())?;
    add(&mut columns, &given, |(_, given)| given.granted)?;
    add(&mut columns, &given, |(_, given)| given.channel)?;
    add(&mut columns, &given, |(one, _)| one.now.as_millis())?;
    Ok(columns)
}

/// Adds a column of the rows that a statement unnests.
pub(super) fn add<'q, Row, T>(
    columns: &mut PgArguments,
    rows: &'q [Row],
    value: impl Fn(&'q Row) -> T,
) -> Result<(), sqlx::Error>
where
    Vec<T>: Encode<'q, Postgres> + Type<Postgres>,
{
    let column: Vec<T> = rows.iter().map(value).collect();
    columns.add(column).map_err(sqlx::Error::Encode)
}

/// The LINE user IDs of those who did not become members now and are some.
async fn registered(
    tx: &mut PgConnection,
    group: &Group,
    new: &HashMap<Uuid, Friendship>,
) -> Result<HashSet<String>, sqlx::Error> {
    let refused: Vec<&str> = group.refused(new).collect();
    if refused.is_empty() {
        return Ok(HashSet::new());
    }
    let found: Vec<String> = sqlx::query_scalar(REGISTERED)
        .bind(refused)
        .fetch_all(tx)
        .await?;
    Ok(found.into_iter().collect())
}
