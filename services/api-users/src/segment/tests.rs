use proptest::collection::vec;
use proptest::prelude::*;
use service_kit::Timestamp;

use super::expression::{Expression, Friendship, Literal, Order, Predicate, Span, Test, Unit};
use super::{Conditions, Dialect, Segment, Shape, Value, parse};

#[track_caller]
fn refusal(raw: &str) -> String {
    parse::expression(raw).unwrap_err().to_string()
}

#[track_caller]
fn written(raw: &str) -> String {
    Segment::parse(raw).unwrap().to_string()
}

#[test]
fn and_binds_closer_than_or_and_not_closer_than_and() {
    let [a, b, c] = ["a", "b", "c"].map(|tag| Expression::Is(Predicate::Tag(vec![tag.into()])));
    let not = |inner: &Expression| Expression::Not(inner.clone().into());
    for (raw, expected) in [
        (
            "tag = \"a\" or tag = \"b\" and tag = \"c\"",
            Expression::Or(vec![a.clone(), Expression::And(vec![b.clone(), c.clone()])]),
        ),
        (
            "(tag = \"a\" or tag = \"b\") and tag = \"c\"",
            Expression::And(vec![Expression::Or(vec![a.clone(), b.clone()]), c.clone()]),
        ),
        (
            "not tag = \"a\" and tag = \"b\"",
            Expression::And(vec![not(&a), b.clone()]),
        ),
        (
            "not (tag = \"a\" and tag = \"b\")",
            not(&Expression::And(vec![a, b])),
        ),
    ] {
        assert_eq!(parse::expression(raw).unwrap(), expected, "{raw}");
    }
}

#[test]
fn there_is_one_way_to_write_it() {
    for (raw, expected) in [
        ("((tag=\"vip\"))", "tag = \"vip\""),
        ("tag in(\"vip\")", "tag = \"vip\""),
        ("language\n=\u{3000}\"ZH-TW\"", "language = \"zh-tw\""),
        ("joined within 1 days", "joined within 1 day"),
        (
            "joined >= \"2026-01-01T09:00:00+09:00\"",
            "joined >= \"2026-01-01\"",
        ),
        (
            "joined < \"2026-01-01T00:00:00.250Z\"",
            "joined < \"2026-01-01T00:00:00.250Z\"",
        ),
        ("attribute.n >= -2.50e0", "attribute.n >= -2.5"),
        (r#"tag = "a\"\\b""#, r#"tag = "a\"\\b""#),
    ] {
        assert_eq!(written(raw), expected, "{raw}");
    }
}

#[test]
fn a_refusal_says_what_was_expected_and_where() {
    for (raw, expected) in [
        (
            "",
            "expected not, (, tag, topic, consent, language, friendship, joined, last_active or attribute.name at character 1",
        ),
        (
            "tag = \"會員\" and",
            "expected not, (, tag, topic, consent, language, friendship, joined, last_active or attribute.name at character 15",
        ),
        (
            "tag != \"vip\"",
            "expected = or in (and not in front, for all others) at character 5",
        ),
        ("tag = vip", "expected a text in \" at character 7"),
        (
            "tag = \"vip",
            "expected the \" that ends the text at character 11",
        ),
        (
            "tag = \"\u{0}\"",
            "expected no control character at character 8",
        ),
        ("tag = \"\\n\"", "expected \" or \\ at character 9"),
        ("tag in (\"a\" \"b\")", "expected , or ) at character 13"),
        ("tag in ()", "expected a text in \" at character 9"),
        ("(tag = \"a\"", "expected and, or, or ) at character 11"),
        (
            "tag = \"a\" tag = \"b\"",
            "expected and, or, or the end at character 11",
        ),
        (
            "TAG = \"a\" AND",
            "expected not, (, tag, topic, consent, language, friendship, joined, last_active or attribute.name at character 1",
        ),
        (
            "attribute.City = 1",
            "expected not, (, tag, topic, consent, language, friendship, joined, last_active or attribute.name at character 1",
        ),
        (
            "attribute.a < true",
            "expected a text in \" or a number at character 15",
        ),
        (
            "attribute.a = 1e999",
            "expected a number that is written like -1, 2.5 or 3e8 at character 15",
        ),
        (
            "attribute.a like \"b\"",
            "expected = != < <= > >= in or exists at character 13",
        ),
        (
            "language = \"z\"",
            "expected a language tag, such as \"zh-TW\", or \"*\" at character 12",
        ),
        (
            "friendship = friends",
            "expected following, blocked or unknown at character 14",
        ),
        (
            "joined = \"2026-01-01\"",
            "expected < <= > >= between or within at character 8",
        ),
        (
            "joined > \"2026-02-30\"",
            "expected a date such as \"2026-01-31\", or a moment such as \"2026-01-31T09:00:00+09:00\" at character 10",
        ),
        (
            "joined > \"1969-12-31\"",
            "expected a date such as \"2026-01-31\", or a moment such as \"2026-01-31T09:00:00+09:00\" at character 10",
        ),
        (
            "joined within 1.5 days",
            "expected a whole number from 1 to 100000 at character 15",
        ),
        (
            "joined within 3 weeks",
            "expected days or hours at character 17",
        ),
        (
            "tag = \"a\"; drop table member",
            "expected a word, a number, a text in \", or one of = != < <= > >= ( ) , at character 10",
        ),
    ] {
        assert_eq!(refusal(raw), expected, "{raw}");
    }
}

#[test]
fn it_is_bounded() {
    let tag = "tag = \"a\"";
    let nested = |levels: usize| format!("{}{tag}{}", "(".repeat(levels), ")".repeat(levels));
    parse::expression(&nested(16)).unwrap();
    assert_eq!(
        refusal(&nested(17)),
        "expected not and parentheses in 16 levels or fewer at character 17"
    );
    parse::expression(&format!("{}{tag}", "not ".repeat(16))).unwrap();
    refusal(&format!("{}{tag}", "not ".repeat(17)));
    refusal(&"(".repeat(4096));
    parse::expression(&vec![tag; 64].join(" and ")).unwrap();
    assert_eq!(
        refusal(&vec![tag; 65].join(" and ")),
        "expected 64 conditions or fewer at character 897"
    );
    let long = |bytes: usize| format!("tag = \"{}\"", "a".repeat(bytes - 8));
    parse::expression(&long(4096)).unwrap();
    assert_eq!(
        refusal(&long(4097)),
        "expected 4096 bytes or fewer at character 1"
    );
}

#[test]
fn u13_what_is_written_is_bound_and_never_sql() {
    let attack = "x' or 1=1; drop table member; --";
    let raw = format!(
        "tag = \"{attack}\" or topic in (\"{attack}\", \"{attack}\") or consent = \"{attack}\" or attribute.a = \"{attack}\""
    );
    let segment = Segment::parse(&raw).unwrap();
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        for shape in [Shape::Probe, Shape::Join] {
            let mut conditions = Conditions::new(dialect, shape, Timestamp::default());
            let sql = conditions.named(Some(&segment)) + conditions.joins();
            assert!(!sql.contains("drop") && !sql.contains('\''), "{sql}");
            let values = conditions.into_values();
            let bound = values
                .iter()
                .filter(|it| **it == Value::Text(attack.into()));
            assert_eq!(bound.count(), 5);
        }
    }
    // A name is bound as well, and cannot even hold what SQL is made of.
    for raw in [
        "attribute.a'b = 1",
        "attribute.a;b = 1",
        "attribute.a b = 1",
    ] {
        refusal(raw);
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[^\\pC]{0,8}", "[ -~]{0,8}", Just("\\\"".to_owned())]
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 1..4)
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("finite", |number| number.is_finite()),
        (-1000..1000_i32).prop_map(f64::from),
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        text().prop_map(Literal::Text),
        number().prop_map(Literal::Number),
        any::<bool>().prop_map(Literal::Truth),
    ]
}

fn order() -> impl Strategy<Value = Order> {
    proptest::sample::select(Order::ALL.to_vec())
}

fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        (0..253_402_300_800_000_i64).prop_map(Timestamp::from_millis),
        (0..20_000_i64).prop_map(|day| Timestamp::from_seconds(day * 86_400)),
    ]
}

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![
        (order(), moment()).prop_map(|(order, at)| Span::Compare(order, at)),
        (moment(), moment()).prop_map(|(from, until)| Span::Between(from, until)),
        (1..=100_000_u32).prop_map(|count| Span::Within(count, Unit::Days)),
        (1..=3_u32).prop_map(|count| Span::Within(count, Unit::Hours)),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    prop_oneof![
        Just(Test::Exists),
        vec(literal(), 1..4).prop_map(Test::OneOf),
        literal().prop_map(Test::Other),
        (order(), text()).prop_map(|(order, text)| Test::Compare(order, Literal::Text(text))),
        (order(), number()).prop_map(|(order, it)| Test::Compare(order, Literal::Number(it))),
    ]
}

fn predicate() -> impl Strategy<Value = Predicate> {
    let friendship = proptest::sample::select(Friendship::ALL.to_vec());
    prop_oneof![
        texts().prop_map(Predicate::Tag),
        texts().prop_map(Predicate::Topic),
        texts().prop_map(Predicate::Consent),
        vec("[a-z]{2,8}(-[a-z0-9]{1,8}){0,2}|\\*", 1..4).prop_map(Predicate::Language),
        vec(friendship, 1..4).prop_map(Predicate::Friendship),
        ("[a-z][a-z0-9_]{0,9}", test()).prop_map(|(name, test)| Predicate::Attribute(name, test)),
        span().prop_map(Predicate::Joined),
        span().prop_map(Predicate::LastActive),
    ]
}

fn expression() -> impl Strategy<Value = Expression> {
    let leaf = predicate().prop_map(Expression::Is);
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Expression::And),
            vec(inner.clone(), 2..4).prop_map(Expression::Or),
            inner.prop_map(|inner| Expression::Not(inner.into())),
        ]
    })
}

/// Texts of the language's own parts, mostly in an order that means nothing.
fn babble() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(vec![
        "tag",
        "=",
        "\"vip\"",
        "and",
        "or",
        "not",
        "(",
        ")",
        "in",
        ",",
        "joined",
        "within",
        "30",
        "days",
        "between",
        "\"2026-01-01\"",
        "attribute.n",
        ">=",
        "-1.5",
        "language",
        "\"ja\"",
        "friendship",
        "blocked",
        "exists",
        "\"",
    ]);
    vec(word, 0..12).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again_as_it_was(expression in expression()) {
        let written = expression.to_string();
        prop_assume!(written.len() <= 4096);
        prop_assert_eq!(parse::expression(&written), Ok(expression), "{}", written);
    }

    #[test]
    fn any_text_is_read_or_refused(raw in prop_oneof![any::<String>(), "[ -~]{0,60}", babble()]) {
        match parse::expression(&raw) {
            Ok(expression) => {
                let written = expression.to_string();
                prop_assert_eq!(parse::expression(&written), Ok(expression));
            }
            Err(error) => prop_assert!(error.at <= raw.chars().count() + 1),
        }
    }

    #[test]
    fn a_placeholder_for_each_value(expression in expression()) {
        let segment = Segment(expression);
        let mut conditions = Conditions::new(Dialect::Postgres, Shape::Join, Timestamp::default());
        let sql = conditions.named(Some(&segment)) + conditions.joins();
        prop_assert_eq!(sql.matches('$').count(), conditions.into_values().len());
    }
}
