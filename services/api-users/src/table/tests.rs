use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::collection::{btree_map, btree_set};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Number, json};
use service_kit::Timestamp;
use users_client::{
    Attribute, Consent, Friendship, Member, QuietHours as QuietDocument, Status, Topic,
};
use uuid::Uuid;

use super::cell::{guard, read_attribute, read_tags, unguard, write_attribute, write_tags};
use super::*;
use crate::domain::{Attribute as StoredAttribute, DisplayName, PictureUrl, Tag, canonical};

/// What people, spreadsheets and attackers write.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("=cmd|'/c calc'!A1".to_owned()),
        "[-=+@'\"|\\\\,;\t ＝＋0-9a-z]{0,6}",
        "[ก-๛ぁ-ん愛麗絲👩‍👩‍👧é]{1,4}",
        "(granted|withdrawn):",
        "-?[0-9]{1,18}(\\.[0-9]{1,4})?(e[0-9]{1,2})?",
        "true|false|TRUE|null|\"3\"",
        any::<String>(),
    ];
    prop::collection::vec(part, 1..3).prop_map(|parts| parts.concat())
}

fn attribute() -> impl Strategy<Value = Attribute> {
    prop_oneof![
        text().prop_map(Attribute::Text),
        any::<f64>().prop_filter_map("finite", |number| Number::from_f64(number)
            .map(Attribute::Number)),
        any::<i32>().prop_map(|number| Attribute::Number(number.into())),
        any::<bool>().prop_map(Attribute::Truth),
    ]
    .prop_filter("stored", |value| {
        StoredAttribute::parse(value.clone()).is_ok()
    })
    .prop_map(canonical)
}

fn consent(purpose: String, granted: bool, version: String) -> Consent {
    Consent {
        purpose,
        version,
        text_digest: None,
        language: "en".into(),
        granted,
        channel: "website".into(),
        changed_at: Timestamp::from_millis(0),
    }
}

prop_compose! {
    fn member()(
        display_name in text().prop_filter_map("a name", |name| Some(DisplayName::parse(&name).ok()?.as_str().to_owned())),
        picture in option::of(text()),
        email in option::of("[-+=a-z']{1,9}@[a-z]{1,9}"),
        phone in option::of("\\+[1-9][0-9]{6,14}"),
        language in option::of("[a-z]{2,3}(-TW)?"),
        quiet in any::<bool>(),
        tags in btree_set(text().prop_filter("a tag", |tag| Tag::parse(tag).is_ok()), 0..4),
        attributes in btree_map("[a-z][a-z0-9_]{0,9}", attribute(), 0..5),
        consents in btree_map("[a-z0-9-]{1,9}", (any::<bool>(), text().prop_filter("a version", |version| {
            crate::domain::parse_version(version).is_ok()
        })), 0..4),
        topics in btree_map("[a-z0-9-]{1,9}", any::<bool>(), 0..4),
    ) -> Member {
        let picture = picture.and_then(|path| Some(PictureUrl::parse(&format!("https://a.test/{path}")).ok()?.as_str().to_owned()));
        Member {
            member_id: Uuid::nil(),
            luid: "-Ualice_1".into(),
            display_name,
            picture_url: picture,
            email,
            phone,
            language,
            time_zone: Some("Asia/Taipei".into()),
            quiet_hours: quiet.then(|| QuietDocument { from: "22:00".into(), until: "07:05".into() }),
            status: Status::Active,
            friendship: Friendship::Unknown,
            consents: consents.into_iter().map(|(purpose, (granted, version))| consent(purpose, granted, version)).collect(),
            topics: topics.into_iter().map(|(topic, subscribed)| Topic {
                topic, subscribed, changed_at: Timestamp::from_millis(0),
            }).collect(),
            tags: tags.into_iter().collect(),
            attributes,
            created_at: Timestamp::from_millis(1_790_000_000_000),
            updated_at: Timestamp::from_millis(0),
        }
    }
}

fn exported(member: &Member) -> Bytes {
    let names = Names {
        attributes: member.attributes.keys().cloned().collect(),
        purposes: member
            .consents
            .iter()
            .map(|consent| consent.purpose.clone())
            .collect(),
        topics: member
            .topics
            .iter()
            .map(|topic| topic.topic.clone())
            .collect(),
    };
    let (sheet, header) = Sheet::begin(names);
    [header, sheet.rows(std::slice::from_ref(member))]
        .concat()
        .into()
}

fn rows(file: &str) -> Vec<Entry> {
    Table::open(Bytes::copy_from_slice(file.as_bytes()))
        .expect("a table")
        .next_group()
}

proptest! {
    #[test]
    fn what_is_exported_is_imported_as_it_was(member in member()) {
        let mut entries = Table::open(exported(&member)).expect("a table").next_group();
        prop_assert_eq!(entries.len(), 1);
        let row = entries.remove(0).row.expect("a row");
        let decision = decide(Standing::Member(Box::new(member.clone())), row);
        prop_assert!(matches!(decision, Ok(Decision::Unchanged)), "{:?}", decision);
    }

    #[test]
    fn no_cell_that_is_exported_begins_a_formula(member in member()) {
        let file = exported(&member);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&file[3..]);
        for record in reader.records() {
            for cell in &record.expect("a record") {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{}", cell);
            }
        }
    }

    #[test]
    fn cells_are_read_as_they_were_written(text in text(), tags in btree_set(text(), 0..5)) {
        let guarded = guard(&text);
        prop_assert_eq!(unguard(&guarded), &text);
        let attribute = Attribute::Text(text);
        prop_assert!(read_attribute(&write_attribute(&attribute)) == attribute);
        let tags: Vec<_> = tags.into_iter().filter(|tag| Tag::parse(tag).is_ok()).collect();
        let read: Vec<_> = read_tags(&write_tags(&tags)).into_iter().collect();
        prop_assert_eq!(read, tags);
    }
}

#[test]
fn an_attribute_is_a_number_or_a_truth_where_it_reads_as_one() {
    for (cell, value) in [
        ("3", json!(3.0)),
        ("-0.25", json!(-0.25)),
        ("1e3", json!(1000.0)),
        ("TRUE", json!(true)),
        ("false", json!(false)),
        ("True", json!("True")),
        ("\"3\"", json!("3")),
        ("\"3", json!("\"3")),
        ("00123", json!("00123")),
        ("1,5", json!("1,5")),
        (" 3", json!(" 3")),
        ("+3", json!("+3")),
        ("12345678901234567890", json!("12345678901234567890")),
        ("1e999", json!("1e999")),
        ("NaN", json!("NaN")),
        ("null", json!("null")),
    ] {
        assert_eq!(json!(read_attribute(cell)), value, "{cell}");
    }
    for (text, cell) in [
        ("Taipei", "Taipei"),
        ("3", "\"3\""),
        ("2000-02-29", "\"2000-02-29\""),
        ("true", "\"true\""),
    ] {
        assert_eq!(write_attribute(&Attribute::Text(text.into())), cell);
    }
}

#[test]
fn the_delimiter_is_the_one_of_the_header() {
    for file in [
        "luid,display_name\nU1,\"a;b;c\"\n",
        "luid;display_name\r\nU1;a,b,c\r\n",
        "\u{feff}luid\tdisplay_name\nU1\ta,b;c\n",
        "luid\nU1",
    ] {
        assert!(rows(file)[0].row.is_ok(), "{file}");
    }
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let file =
        "luid,display_name\r\nU1,\"two\r\nlines\"\r\n\r\n,\r\nU2,b\r\nU1,c\r\n\"U3\",d,e\r\n";
    let entries = rows(file);
    let lines: Vec<_> = entries.iter().map(|entry| entry.line).collect();
    assert_eq!(lines, [2, 6, 7, 8]);
    assert!(entries[1].row.is_ok());
    assert_eq!(entries[2].row.as_ref().err(), Some(&Refusal::Duplicate(2)));
    assert!(matches!(entries[3].row, Err(Refusal::Invalid(_))));
}

#[test]
fn groups_are_small() {
    let rows: Vec<_> = (0..450).map(|number| format!("U{number},n\n")).collect();
    let rows = rows.concat();
    let mut table = Table::open(format!("luid,display_name\n{rows}").into()).expect("a table");
    let sizes = [(); 4].map(|()| table.next_group().len());
    assert_eq!(sizes, [200, 200, 50, 0]);
    let names: Vec<_> = (0..100)
        .map(|number| format!(",attribute.a{number}"))
        .collect();
    let names = names.concat();
    let cells = ",x".repeat(100);
    let rows: Vec<_> = (0..30)
        .map(|number| format!("U{number}{cells}\n"))
        .collect();
    let rows = rows.concat();
    let mut table = Table::open(format!("luid{names}\n{rows}").into()).expect("a table");
    assert_eq!(table.next_group().len(), 20);
}

/// Nobody is named by the name of a column that is none.
#[test]
fn a_header_that_is_wrong_is_pointed_at_by_its_place() {
    for (file, pointers) in [
        ("", &["/header"][..]),
        ("display_name\nAlice", &["/header"]),
        ("luid,Alice\nU1,x", &["/header/1"]),
        ("luid,email,luid", &["/header/2"]),
        (
            "luid,attribute.City,consent.,topic.a b",
            &["/header/1", "/header/2", "/header/3"],
        ),
    ] {
        let errors = Table::open(file.to_owned().into())
            .err()
            .unwrap_or_default();
        assert!(errors.iter().all(|error| !error.detail.contains("Alice")));
        let found: Vec<_> = errors.into_iter().map(|error| error.pointer).collect();
        assert_eq!(found, pointers, "{file}");
    }
    assert!(Table::open(Bytes::from_static(b"luid\n\xff")).is_err());
    assert!(Table::open(format!("luid\n{}", "\n".repeat(200_000)).into()).is_err());
}

fn came_to_one(member: &Member, file: &str) -> CameTo {
    let row = rows(file).remove(0).row?;
    decide(Standing::Member(Box::new(member.clone())), row).map(|decision| decision.outcome())
}

fn alice() -> Member {
    Member {
        member_id: Uuid::nil(),
        luid: "U1".into(),
        display_name: "Alice".into(),
        picture_url: None,
        email: None,
        phone: None,
        language: None,
        time_zone: None,
        quiet_hours: None,
        status: Status::Active,
        friendship: Friendship::Unknown,
        consents: Vec::new(),
        topics: Vec::new(),
        tags: Vec::new(),
        attributes: BTreeMap::new(),
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    }
}

#[test]
fn a_consent_that_the_member_withdrew_is_theirs_to_give_again() {
    let mut member = alice();
    member.language = Some("en".into());
    member.consents = vec![consent("news".into(), false, "1".into())];
    let given = "luid,consent.news\nU1,2\n";
    assert!(matches!(
        came_to_one(&member, given),
        Err(Refusal::Invalid(_))
    ));
    let repeated = "luid,consent.news\nU1,withdrawn:1\n";
    assert_eq!(came_to_one(&member, repeated), Ok(Outcome::Unchanged));
    member.consents[0].channel = "import".into();
    assert_eq!(came_to_one(&member, given), Ok(Outcome::Changed));
}

#[test]
fn a_consent_needs_the_language_of_its_text() {
    let mut member = alice();
    assert!(came_to_one(&member, "luid,consent.news\nU1,1\n").is_err());
    let told = "luid,language,consent.news\nU1,ja,1\n";
    assert_eq!(came_to_one(&member, told), Ok(Outcome::Changed));
    member.language = Some("ja".into());
    let known = "luid,consent.news\nU1,1\n";
    assert_eq!(came_to_one(&member, known), Ok(Outcome::Changed));
}

#[test]
fn a_member_has_room_for_so_much() {
    let mut member = alice();
    let tags: Vec<_> = (0..101).map(|number| format!("t{number}")).collect();
    let file = |tags: &[String]| format!("luid,tags\nU1,{}\n", tags.join("|"));
    assert!(came_to_one(&member, &file(&tags)).is_err());
    assert_eq!(
        came_to_one(&member, &file(&tags[..100])),
        Ok(Outcome::Changed)
    );
    member.tags = tags[..100].to_vec();
    let others: Vec<_> = tags[1..].to_vec();
    assert_eq!(came_to_one(&member, &file(&others)), Ok(Outcome::Changed));
    member.attributes = (0..100)
        .map(|number| (format!("a{number}"), Attribute::Truth(true)))
        .collect();
    let more = "luid,attribute.a0,attribute.b\nU1,false,false\n";
    assert!(came_to_one(&member, more).is_err());
    let same = "luid,attribute.a0\nU1,false\n";
    assert_eq!(came_to_one(&member, same), Ok(Outcome::Changed));
}
