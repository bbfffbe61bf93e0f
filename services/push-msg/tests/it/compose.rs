//! What each member gets of a campaign.

use std::sync::Arc;

use push_msg::campaign::Campaign;
use push_msg::compose::{Exclusion, Variant};
use rstest::rstest;
use serde_json::{Value, json};
use users_client::AudienceMember;

use crate::stage::{TODAY, moment};

/// A campaign of these messages, in flow style, with these other fields.
fn campaign(messages: &str, more: &str) -> Campaign {
    let head = TODAY.split_once("messages:").unwrap().0;
    Campaign::parse(&format!("{head}messages: {messages}\n{more}\n")).unwrap()
}

fn member(change: &Value) -> AudienceMember {
    let mut member = json!({
        "member_id": uuid::Uuid::from_u128(1),
        "luid": "U00000000000000000000000000000001",
        "display_name": "Alice",
        "language": "en",
        "tags": ["vip", "gold"],
        "attributes": {"city": "Taipei", "points": 1200, "birthday": "2000-01-31", "member": true},
    });
    let members = member.as_object_mut().unwrap();
    members.extend(change.as_object().unwrap().clone());
    serde_json::from_value(member).unwrap()
}

fn composed(campaign: &Campaign, member: &AudienceMember) -> Result<(Variant, Value), Exclusion> {
    let edition = campaign.edition(moment("2026-11-20T16:05:00Z")).unwrap();
    let composed = edition.compose(member)?;
    let messages = serde_json::to_value(composed.messages.as_ref()).unwrap();
    Ok((composed.variant, messages))
}

/// What Alice reads, with these things changed about her.
fn reads(text: &str, change: &Value) -> Result<String, Exclusion> {
    let messages = json!([{"type": "text", "text": text}]).to_string();
    let (_, messages) = composed(&campaign(&messages, ""), &member(change))?;
    Ok(messages[0]["text"].as_str().unwrap().to_owned())
}

#[rstest]
#[case::when("{date} {time}", "2026/11/21 00:05:00")]
#[case::name("Dear {name|friend}", "Dear Alice")]
#[case::language("{language}", "en")]
#[case::tags("{tags}", "vip, gold")]
#[case::attribute("{attribute.city|your town}", "Taipei")]
#[case::number("{attribute.points:number}", "1200")]
#[case::number_as_text("{attribute.points}", "1200")]
#[case::day("{attribute.birthday:date}", "2000/01/31")]
#[case::absent("{attribute.shoe|none}", "none")]
#[case::absent_empty("<{attribute.shoe|}>", "<>")]
#[case::of_another_type("{attribute.city:number|no number}", "no number")]
#[case::no_day("{attribute.city:date|no day}", "no day")]
#[case::truth("{attribute.member|no text}", "no text")]
fn variables_are_filled_by_their_type(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(reads(text, &json!({})).unwrap(), expected);
}

#[test]
fn who_has_no_value_is_excluded_where_nothing_stands_in_its_place() {
    let excluded = reads("Dear {name}", &json!({"display_name": "  "}));
    assert_eq!(excluded.unwrap_err().to_string(), "no value for {name}");
    let excluded = reads("{attribute.shoe}", &json!({}));
    assert_eq!(
        excluded.unwrap_err().to_string(),
        "no value for {attribute.shoe}"
    );
}

#[test]
fn p25_doubled_braces_are_braces() {
    assert_eq!(
        reads("{{name}} {{{date}}}", &json!({})).unwrap(),
        "{name} {2026/11/21}"
    );
}

/// Whatever a member calls themselves, it is words.
#[test]
fn p25_what_is_filled_in_is_never_a_template() {
    for code in [
        "{{name}}",
        "{attribute.city}",
        "{{7*7}}",
        "${x}",
        "{% raw %}",
        "}{",
        "<b>&amp;",
        "{date|",
    ] {
        let change = json!({"display_name": code, "attributes": {"city": code}});
        let text = reads("{name} from {attribute.city}", &change).unwrap();
        assert_eq!(text, format!("{code} from {code}"));
    }
}

/// LINE fills what `substitution` names, and nothing that a member could write.
#[test]
fn p25_in_a_text_v2_a_value_cannot_make_places_of_its_own() {
    let emoji = r#"{"x": {"type": "emoji", "productId": "5", "emojiId": "1"}}"#;
    let messages = format!(
        r#"[{{"type": "textV2", "text": "{{x}} {{{{x}}}} {{name}}", "substitution": {emoji}}}]"#
    );
    let alice = member(&json!({"display_name": "{x}"}));
    let (_, messages) = composed(&campaign(&messages, ""), &alice).unwrap();
    assert_eq!(messages[0]["text"], "{x} {{x}} {{x}}");
}

#[test]
fn every_text_and_address_of_a_message_is_filled_and_nothing_else() {
    let messages = json!([{
        "type": "flex",
        "altText": "For {name}",
        "contents": {
            "type": "bubble",
            "size": "{x}",
            "body": {"type": "box", "layout": "vertical", "contents": [
                {"type": "text", "text": "Hello {name}"},
                {"type": "button", "action": {
                    "type": "postback", "label": "{name}", "data": "{\"a\":1}",
                    "displayText": "I am {name}"}},
                {"type": "button", "action": {
                    "type": "uri", "label": "go", "uri": "https://a.example/?who={name}&at={date}"}},
            ]},
        },
    }]);
    let alice = member(&json!({"display_name": "A&B {x}"}));
    let (variant, messages) = composed(&campaign(&messages.to_string(), ""), &alice).unwrap();
    assert_eq!(variant, Variant::Personal);
    assert_eq!(messages[0]["altText"], "For A&B {x}");
    let bubble = &messages[0]["contents"];
    assert_eq!(bubble["size"], "{x}");
    let parts = &bubble["body"]["contents"];
    assert_eq!(parts[0]["text"], "Hello A&B {x}");
    assert_eq!(parts[1]["action"]["data"], "{\"a\":1}");
    assert_eq!(parts[1]["action"]["displayText"], "I am A&B {x}");
    assert_eq!(
        parts[2]["action"]["uri"],
        "https://a.example/?who=A%26B%20%7Bx%7D&at=2026%2F11%2F21"
    );
}

#[test]
fn who_would_make_a_message_too_long_is_excluded_and_nobody_else() {
    let messages = json!([{"type": "template", "altText": "a", "template": {
        "type": "confirm", "text": "{attribute.city}", "actions": [
            {"type": "message", "label": "a", "text": "a"},
            {"type": "message", "label": "b", "text": "b"}]}}]);
    let campaign = campaign(&messages.to_string(), "");
    assert!(composed(&campaign, &member(&json!({}))).is_ok());
    let long = member(&json!({"attributes": {"city": "a".repeat(241)}}));
    assert_eq!(
        composed(&campaign, &long).unwrap_err().to_string(),
        "messages[0] would be refused: `template.text` must have 1 to 240 characters"
    );
}

#[rstest]
#[case::exact(Some("ja"), "ja")]
#[case::in_capitals(Some("ZH-tw"), "zh-TW")]
#[case::wider(Some("ja-JP-x-a"), "ja")]
#[case::same_primary(Some("zh-Hant-HK"), "zh-TW")]
#[case::bare_primary(Some("zh"), "zh-TW")]
#[case::none_of_them(Some("fr"), "en")]
#[case::unknown(None, "en")]
fn members_read_their_language(#[case] language: Option<&str>, #[case] expected: &str) {
    let variants =
        "language: en\nvariants: {ja: [{type: text, text: j}], zh-TW: [{type: text, text: z}]}";
    let campaign = campaign("[{type: text, text: e}]", variants);
    let (variant, _) = composed(&campaign, &member(&json!({"language": language}))).unwrap();
    assert_eq!(variant, Variant::Shared(expected.into()));
}

#[test]
fn what_is_shared_is_put_together_once() {
    let campaign = campaign("[{type: text, text: \"{date}\"}]", "");
    assert!(!campaign.needs_profiles());
    let edition = campaign.edition(moment("2026-11-20T16:05:00Z")).unwrap();
    let first = edition.compose(&member(&json!({}))).unwrap();
    let second = edition
        .compose(&member(&json!({"display_name": "Bob"})))
        .unwrap();
    assert_eq!(first.variant, Variant::Shared("default".into()));
    assert!(Arc::ptr_eq(&first.messages, &second.messages));
}

#[test]
fn profiles_are_asked_for_only_if_a_message_holds_something_of_them() {
    assert!(!campaign("[{type: text, text: \"{name}\"}]", "").needs_profiles());
    assert!(campaign("[{type: text, text: \"{tags|none}\"}]", "").needs_profiles());
    let variants = "variants: {ja: [{type: text, text: \"{attribute.a|b}\"}]}";
    assert!(campaign("[{type: text, text: a}]", variants).needs_profiles());
}

#[test]
fn p06_several_segments_are_one_that_names_each_member_once() {
    let segments = r#"segment: ['tag = "vip" or tag = "gold"', 'language = "ja"']"#;
    let yaml = TODAY.replace(
        "consent: news",
        &format!("consent: news\n  topic: sale\n  {segments}"),
    );
    let request = Campaign::parse(&yaml).unwrap().audience_request();
    assert_eq!(
        request.segment.as_deref(),
        Some(r#"(tag = "vip" or tag = "gold") or (language = "ja")"#)
    );
    assert_eq!(request.topic.as_deref(), Some("sale"));
}

#[test]
fn a_trial_goes_to_the_test_list_subscribed_or_not() {
    let yaml = TODAY.replace(
        "consent: news",
        "consent: news\n  topic: sale\n  segment: language = \"ja\"",
    );
    assert!(Campaign::parse(&yaml).unwrap().test_request().is_none());
    let yaml = format!("{yaml}test_list: tag = \"tester\"\n");
    let request = Campaign::parse(&yaml).unwrap().test_request().unwrap();
    assert_eq!(request.consent, "news");
    assert_eq!(request.topic, None);
    assert_eq!(request.segment.as_deref(), Some("tag = \"tester\""));
}

#[test]
fn the_digest_is_of_the_document_to_the_byte() {
    let digest = |yaml: &str| Campaign::parse(yaml).unwrap().digest();
    assert_eq!(digest(TODAY), digest(TODAY));
    assert_ne!(digest(TODAY), digest(&format!("{TODAY}\n")));
}
