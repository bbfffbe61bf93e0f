use service_kit::Timestamp;
use sqlx::PgConnection;
use users_client::Member;
use uuid::Uuid;

use super::PostgresStore;
use super::consents::insert_consents;
use super::members::find_member;
use crate::domain::{
    Attribute, AttributeName, Change, DisplayName, Edit, Email, Language, Luid, Phone, PictureUrl,
    Tag, TimeZone, TopicName,
};
use crate::error::ApiError;
use crate::etag::Precondition;
use crate::store::document;

/// What may be taken away has a flag that says whether it is named at all.
const PROFILE: &str = "
    update member set
        display_name = coalesce($1, display_name),
        picture_url = case when $2 then $3 else picture_url end,
        email = case when $4 then $5 else email end,
        phone = case when $6 then $7 else phone end,
        language = case when $8 then $9 else language end,
        time_zone = case when $10 then $11 else time_zone end,
        quiet_from = case when $12 then $13 else quiet_from end,
        quiet_until = case when $12 then $14 else quiet_until end
    where member_id = $15";

const TOUCH: &str = "update member set updated_at = $1 where luid = $2";

const SUBSCRIBE: &str = "
    insert into topic (member_id, topic, subscribed, changed_at) values ($1, $2, $3, $4)
    on conflict (member_id, topic) do update
    set subscribed = excluded.subscribed, changed_at = excluded.changed_at
    where topic.subscribed <> excluded.subscribed";

const PUT_TAG: &str =
    "insert into tag (member_id, tag) values ($1, $2) on conflict (member_id, tag) do nothing";
const REMOVE_TAG: &str = "delete from tag where member_id = $1 and tag = $2";

const PUT_ATTRIBUTE: &str = "
    insert into attribute (member_id, name, text_value, number_value, truth_value) values ($1, $2, $3, $4, $5)
    on conflict (member_id, name) do update
    set text_value = excluded.text_value, number_value = excluded.number_value, truth_value = excluded.truth_value
    where (attribute.text_value, attribute.number_value, attribute.truth_value)
        is distinct from (excluded.text_value, excluded.number_value, excluded.truth_value)";
const REMOVE_ATTRIBUTE: &str = "delete from attribute where member_id = $1 and name = $2";

impl PostgresStore {
    /// Changes an active member, if the precondition holds. What is so already changes nothing.
    pub(crate) async fn edit(
        &self,
        luid: &Luid,
        edit: &Edit,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Result<Member, ApiError> {
        let mut tx = self.write(luid).await?;
        let member = edit_member(&mut tx, luid, edit, precondition, now).await;
        tx.conclude(member).await
    }
}

async fn edit_member(
    tx: &mut PgConnection,
    luid: &Luid,
    edit: &Edit,
    precondition: &Precondition,
    now: Timestamp,
) -> Result<Member, ApiError> {
    let member = find_member(tx, luid).await?;
    let member = document::editable(member, edit, precondition)?;
    if !apply(tx, member.member_id, edit, now).await? {
        return Ok(member);
    }
    sqlx::query(TOUCH)
        .bind(now.as_millis())
        .bind(luid.as_str())
        .execute(&mut *tx)
        .await?;
    let member = find_member(tx, luid).await?;
    member.ok_or(ApiError::NotFound)
}

/// Whether it made a difference.
pub(super) async fn apply(
    tx: &mut PgConnection,
    member: Uuid,
    edit: &Edit,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    match edit {
        Edit::Profile(change) => update_profile(tx, member, change).await,
        Edit::Consents(consents) => {
            insert_consents(tx, member, consents, now).await?;
            Ok(!consents.is_empty())
        }
        Edit::Topic(topic, subscribed) => subscribe(tx, member, topic, *subscribed, now).await,
        Edit::Tag(tag, is_on) => put_tag(tx, member, tag, *is_on).await,
        Edit::Attribute(name, value) => put_attribute(tx, member, name, value.as_ref()).await,
    }
}

async fn update_profile(
    tx: &mut PgConnection,
    member: Uuid,
    change: &Change,
) -> Result<bool, sqlx::Error> {
    let url = change.picture_url.as_ref();
    let (email, phone) = (change.email.as_ref(), change.phone.as_ref());
    let (language, zone) = (change.language.as_ref(), change.time_zone.as_ref());
    let quiet = change.quiet_hours.flatten();
    let done = sqlx::query(PROFILE)
        .bind(change.display_name.as_ref().map(DisplayName::as_str))
        .bind(url.is_some())
        .bind(url.and_then(Option::as_ref).map(PictureUrl::as_str))
        .bind(email.is_some())
        .bind(email.and_then(Option::as_ref).map(Email::as_str))
        .bind(phone.is_some())
        .bind(phone.and_then(Option::as_ref).map(Phone::as_str))
        .bind(language.is_some())
        .bind(language.and_then(Option::as_ref).map(Language::as_str))
        .bind(zone.is_some())
        .bind(zone.and_then(Option::as_ref).map(TimeZone::as_str))
        .bind(change.quiet_hours.is_some())
        .bind(quiet.map(|quiet| i64::from(quiet.from)))
        .bind(quiet.map(|quiet| i64::from(quiet.until)))
        .bind(member.as_bytes().as_slice())
        .execute(tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

async fn subscribe(
    tx: &mut PgConnection,
    member: Uuid,
    topic: &TopicName,
    subscribed: bool,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(SUBSCRIBE)
        .bind(member.as_bytes().as_slice())
        .bind(topic.as_str())
        .bind(subscribed)
        .bind(now.as_millis())
        .execute(tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

async fn put_tag(
    tx: &mut PgConnection,
    member: Uuid,
    tag: &Tag,
    is_on: bool,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(if is_on { PUT_TAG } else { REMOVE_TAG })
        .bind(member.as_bytes().as_slice())
        .bind(tag.as_str())
        .execute(tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

async fn put_attribute(
    tx: &mut PgConnection,
    member: Uuid,
    name: &AttributeName,
    value: Option<&Attribute>,
) -> Result<bool, sqlx::Error> {
    let put = sqlx::query(if value.is_some() {
        PUT_ATTRIBUTE
    } else {
        REMOVE_ATTRIBUTE
    })
    .bind(member.as_bytes().as_slice())
    .bind(name.as_str());
    let put = match value {
        Some(value) => put
            .bind(value.text())
            .bind(value.number())
            .bind(value.truth()),
        None => put,
    };
    Ok(put.execute(tx).await?.rows_affected() > 0)
}
