//! The published schema says what the parser does.

use std::collections::BTreeSet;

use boon::{Compiler, Schemas};
use push_msg::campaign::{Campaign, SCHEMA};
use serde_json::Value;
use service_kit::telemetry;

use crate::stage::TODAY;

/// The example that `kaiin dev` lays out.
const HELLO: &str = include_str!("../../campaigns/hello.yaml");

/// Every field there is.
const WHOLE: &str = r#"
name: whole
schedule: {cron: "0 9 * * MON", zone: Asia/Taipei}
not_after: 1h
audience: {consent: news, topic: sale, segment: ['tag = "vip"', 'language = "ja"']}
language: en
messages:
  - {type: text, text: "Hello {name|friend}"}
  - {type: sticker, packageId: "446", stickerId: "1988"}
variants:
  zh-TW: [{type: text, text: "{name|您}好"}]
quiet_hours: {from: "21:00", until: "08:00", zone: Asia/Taipei, then: drop}
frequency_cap: {messages: 3, within: 7d}
over_quota: send_to_first
test_list: tag = "tester"
"#;

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn by_schema(yaml: &str) -> bool {
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.add_resource("campaign.json", schema()).unwrap();
    let index = compiler.compile("campaign.json", &mut schemas).unwrap();
    let document: Value = serde_norway::from_str(yaml).unwrap();
    schemas.validate(&document, index).is_ok()
}

#[test]
fn what_is_right_is_right_by_the_schema() {
    for yaml in [TODAY, HELLO, WHOLE] {
        let parsed = Campaign::parse(yaml);
        assert!(parsed.is_ok(), "{}", telemetry::chain(&parsed.unwrap_err()));
        assert!(by_schema(yaml));
    }
}

#[test]
fn what_is_wrong_in_shape_is_wrong_by_the_schema() {
    for (right, wrong) in [
        ("name: whole", "name: The Whole"),
        ("consent: news, ", ""),
        ("zone: Asia/Taipei}", "zone: Asia/Taipei, every: day}"),
        ("not_after: 1h", "not_after: soon"),
        ("then: drop", "then: wait"),
        ("messages: 3", "messages: 0"),
        ("over_quota: send_to_first", "over_quota: perhaps"),
        ("from: \"21:00\", ", ""),
        ("type: sticker", "type: stiker"),
        (", stickerId: \"1988\"", ""),
        ("test_list: tag", "tests: tag"),
        ("zh-TW:", "Z:"),
    ] {
        assert!(WHOLE.contains(right), "{right}");
        let yaml = WHOLE.replacen(right, wrong, 1);
        assert!(Campaign::parse(&yaml).is_err(), "{wrong}");
        assert!(!by_schema(&yaml), "{wrong}");
    }
}

/// What the parser takes, the schema names, and nothing beyond.
#[test]
fn the_schema_names_every_field() {
    let document: Value = serde_norway::from_str(WHOLE).unwrap();
    let given: BTreeSet<_> = document.as_object().unwrap().keys().cloned().collect();
    let schema = schema();
    let named: BTreeSet<_> = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(given, named);
    let complaint = Campaign::parse("nothing: 1").unwrap_err().to_string();
    for name in named {
        assert!(complaint.contains(&format!("`{name}`")), "{complaint}");
    }
}

/// What people copy from the documents works.
#[test]
fn what_is_written_for_people_is_right() {
    for text in [
        include_str!("../../../../docs/campaigns.md"),
        include_str!("../../README.md"),
    ] {
        let blocks: Vec<_> = text.split("```yaml\n").skip(1).collect();
        assert!(!blocks.is_empty());
        for block in blocks {
            let block = block.split("```").next().unwrap();
            let yaml = if block.starts_with("name:") {
                block.to_owned()
            } else {
                let head = TODAY.split_once("  - type").unwrap().0;
                format!("{head}{block}")
            };
            let parsed = Campaign::parse(&yaml);
            assert!(
                parsed.is_ok(),
                "{}\n{yaml}",
                telemetry::chain(&parsed.unwrap_err())
            );
            assert!(by_schema(&yaml), "{yaml}");
        }
    }
}
