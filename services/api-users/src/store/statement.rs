//! Statements about many members, made for what is asked. Both kinds of database are asked alike.

use service_kit::Timestamp;
use uuid::Uuid;

use crate::domain::{Audience, Listing, Place, RecipientCheck};
use crate::segment::{Conditions, Dialect, Shape, Value};

/// SQL, and the values that it binds.
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

/// Who is never in an audience, whatever else is asked, is not among these.
const REACHABLE: &str = "member.status = 'active' and member.friendship <> 'blocked'";

/// A page of `member_document`, and one row more where there are more.
pub(super) fn page(listing: &Listing, dialect: Dialect, now: Timestamp) -> Statement {
    let mut conditions = Conditions::new(dialect, Shape::Probe, now);
    let column = match (dialect, listing.sort.column()) {
        // Byte by byte, as in SQLite, and as its index has it.
        (Dialect::Postgres, "display_name") => "display_name collate \"C\"",
        (_, column) => column,
    };
    let (order, beyond) = if listing.sort.is_descending() {
        ("desc", "<")
    } else {
        ("asc", ">")
    };
    let mut wanted = conditions.named(listing.segment.as_ref());
    if let Some(after) = &listing.after {
        let place = conditions.bind(match &after.place {
            Place::CreatedAt(moment) => Value::Integer(moment.as_millis()),
            Place::DisplayName(name) => Value::Text(name.clone()),
        });
        let id = conditions.bind(id(after.member_id));
        wanted = format!("({column}, member_id) {beyond} ({place}, {id}) and {wanted}");
    }
    let limit = conditions.bind(Value::Integer(i64::from(listing.limit) + 1));
    let text = format!(
        "select member_document.*
         from (
            select member_id, {column} as place from member where {wanted}
            order by {column} {order}, member_id {order} limit {limit}
         ) as listed join member_document on member_document.member_id = listed.member_id
         order by listed.place {order}, listed.member_id {order}"
    );
    Statement {
        text,
        values: conditions.into_values(),
    }
}

/// Of the members from one ID to another, those in the audience.
pub(super) fn audience(
    audience: &Audience,
    with_profile: bool,
    (after, until): (Vec<u8>, Option<Vec<u8>>),
    dialect: Dialect,
    now: Timestamp,
) -> Statement {
    let mut conditions = Conditions::new(dialect, Shape::Probe, now);
    let reached = reached(audience, &mut conditions);
    let after = conditions.bind(Value::Bytes(after));
    let until = until.map_or_else(String::new, |until| {
        let until = conditions.bind(Value::Bytes(until));
        format!("and member.member_id <= {until}")
    });
    let profile = if with_profile {
        "(select tags from member_document where member_document.member_id = member.member_id) as tags,
         (select attributes from member_document where member_document.member_id = member.member_id) as attributes"
    } else {
        "cast(null as text) as tags, cast(null as text) as attributes"
    };
    let text = format!(
        "select member_id, luid, display_name, language, time_zone, quiet_from, quiet_until, {profile}
         from member where member.member_id > {after} {until} and {reached} order by member.member_id"
    );
    Statement {
        text,
        values: conditions.into_values(),
    }
}

/// How many of the members that are named are reached, and how many are not for which reason: each is counted once.
pub(super) fn preview(audience: &Audience, dialect: Dialect, now: Timestamp) -> Statement {
    // Else the outcome would be worked out anew for each of the counts; and SQLite takes the order of the tables for a hint.
    let (shape, fence) = match dialect {
        Dialect::Sqlite => (Shape::Probe, " order by member.member_id limit -1"),
        Dialect::Postgres => (Shape::Join, " offset 0"),
    };
    let mut conditions = Conditions::new(dialect, shape, now);
    let named = conditions.named(audience.segment.as_ref());
    let consents = conditions.consents(audience.consent.as_str());
    let subscribes = subscribes(audience, &mut conditions);
    let text = format!(
        "select
            count(*) filter (where outcome = 0) as leaving, count(*) filter (where outcome = 1) as blocked,
            count(*) filter (where outcome = 2) as no_consent, count(*) filter (where outcome = 3) as not_subscribed,
            count(*) filter (where outcome = 4) as reached
         from (
            select case
                when member.status <> 'active' then 0
                when member.friendship = 'blocked' then 1
                when not {consents} then 2
                when not {subscribes} then 3
                else 4
            end as outcome
            from member{} where {named}{fence}
         ) as named",
        conditions.joins()
    );
    Statement {
        text,
        values: conditions.into_values(),
    }
}

/// Those of the members who are in the audience.
pub(super) fn check(check: &RecipientCheck, dialect: Dialect, now: Timestamp) -> Statement {
    let mut conditions = Conditions::new(dialect, Shape::Probe, now);
    let reached = reached(&check.audience, &mut conditions);
    let ids = check.member_ids.iter();
    let ids: Vec<_> = ids.map(|it| conditions.bind(id(*it))).collect();
    // SQL has no list of nobody.
    let asked = if ids.is_empty() {
        "false".to_owned()
    } else {
        format!("member.member_id in ({})", ids.join(", "))
    };
    let text = format!("select member_id from member where {asked} and {reached}");
    Statement {
        text,
        values: conditions.into_values(),
    }
}

fn reached(audience: &Audience, conditions: &mut Conditions) -> String {
    let consents = conditions.consents(audience.consent.as_str());
    let subscribes = subscribes(audience, conditions);
    let named = conditions.named(audience.segment.as_ref());
    format!("{REACHABLE} and {consents} and {subscribes} and {named}")
}

fn subscribes(audience: &Audience, conditions: &mut Conditions) -> String {
    match &audience.topic {
        Some(topic) => conditions.subscribes(topic.as_str()),
        None => "true".to_owned(),
    }
}

fn id(member_id: Uuid) -> Value {
    Value::Bytes(member_id.as_bytes().to_vec())
}
