use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use service_kit::database::ManyRows;
use sqlx::{SqliteConnection, SqlitePool};
use users_client::Friendship;
use uuid::Uuid;

use super::answers::{keep, recall};
use super::rows::rows;
use crate::domain::{Email, Language, Phone, PictureUrl, TimeZone};
use crate::error::ApiError;
use crate::store::TOMBSTONE_LIFE;
use crate::store::document::{friendship, member_id};
use crate::store::registration::{Group, Newcomer, Registrations};

/// The most members, and the most consents, that one statement inserts.
const MOST: usize = 128;

/// The unique LINE user ID and the tombstone decide, inside the one statement.
static INSERT_MEMBERS: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(MOST, 14, |rows| {
        format!(
            "insert into member (
                member_id, luid, display_name, picture_url, email, phone, language, time_zone, quiet_from, quiet_until,
                status, created_at, updated_at, last_active_at
            )
            select
                column1, column2, column3, column4, column5, column6, column7, column8, column9, column10,
                'active', column11, column11, column11
            from (values {rows})
            where column1 is not null and not exists (
                select 1 from tombstone where luid_digest = column12 and erased_at > max(column13, column14)
            )
            on conflict (luid) do nothing
            returning
                member_id,
                coalesce((select state from friendship where friendship.luid = member.luid), 'unknown')"
        )
    })
});

static INSERT_CONSENTS: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(MOST, 8, |rows| {
        format!(
            "insert into consent (member_id, purpose, version, text_digest, language, granted, channel, changed_at)
            select column1, column2, column3, column4, column5, column6, column7, column8
            from (values {rows})
            where column1 is not null"
        )
    })
});

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

/// Who is a member now, and whether they are the bot's friend.
pub(super) async fn insert_members(
    tx: &mut SqliteConnection,
    newcomers: &[&Newcomer],
) -> Result<HashMap<Uuid, Friendship>, sqlx::Error> {
    let mut new = HashMap::with_capacity(newcomers.len());
    for (statement, newcomers) in INSERT_MEMBERS.chunks(newcomers) {
        let mut insert = sqlx::query_as(statement);
        for newcomer in newcomers {
            let candidate = &newcomer.candidate;
            insert = insert
                .bind(newcomer.member_id.as_bytes().as_slice())
                .bind(candidate.luid.as_str())
                .bind(candidate.display_name.as_str())
                .bind(candidate.picture_url.as_ref().map(PictureUrl::as_str))
                .bind(candidate.email.as_ref().map(Email::as_str))
                .bind(candidate.phone.as_ref().map(Phone::as_str))
                .bind(candidate.language.as_ref().map(Language::as_str))
                .bind(candidate.time_zone.as_ref().map(TimeZone::as_str))
                .bind(candidate.quiet_hours.map(|quiet| quiet.from))
                .bind(candidate.quiet_hours.map(|quiet| quiet.until))
                .bind(newcomer.now.as_millis())
                .bind(candidate.luid.digest())
                .bind(newcomer.signed_in_at().as_millis())
                .bind((newcomer.now - TOMBSTONE_LIFE).as_millis());
        }
        let inserted: Vec<(Vec<u8>, String)> = insert.fetch_all(&mut *tx).await?;
        for (id, state) in &inserted {
            new.insert(member_id(id)?, friendship(state));
        }
    }
    Ok(new)
}

pub(super) async fn insert_consents(
    tx: &mut SqliteConnection,
    newcomers: impl Iterator<Item = &Newcomer>,
) -> Result<(), sqlx::Error> {
    let given: Vec<_> = newcomers
        .flat_map(|one| one.candidate.consents.iter().map(move |given| (one, given)))
        .collect();
    for (statement, given) in INSERT_CONSENTS.chunks(&given) {
        let mut insert = sqlx::query(statement);
        for (newcomer, consent) in given {
            insert = insert
                .bind(newcomer.member_id.as_bytes().as_slice())
                .bind(consent.purpose.as_str())
                .bind(consent.version.as_str())
                .bind(consent.text_digest.as_deref())
                .bind(consent.language.as_str())
                .bind(consent.granted)
                .bind(consent.channel)
                .bind(newcomer.now.as_millis());
        }
        insert.execute(&mut *tx).await?;
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
