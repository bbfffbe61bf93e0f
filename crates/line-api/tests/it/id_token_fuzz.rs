//! Whatever comes as an ID token: nothing panics, and nobody is somebody who is not proven to be.

use line_api::login::{Nonce, WebVerifier};
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::id_token::{ALICE, CHANNEL, NONCE, claims, part, signed, verifier_now};

/// Values that a claim may have, ours among them.
fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        prop::sample::select(vec![ALICE, CHANNEL, NONCE, "https://access.line.me"])
            .prop_map(Value::from),
        prop::collection::vec(".{0,8}", 0..3).prop_map(Value::from),
        Just(json!({ "a": [1] })),
    ]
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "name", "picture", "email", "amr",
    ])
}

fn accepts(verifier: &WebVerifier, token: &str) -> bool {
    let identity = verifier.verify(&SecretString::from(token), &Nonce::from_stored(NONCE));
    // Whoever is accepted at all is the person whom the right secret signed for.
    identity.is_ok_and(|identity| identity.user_id.as_str() == ALICE)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_text_is_a_token(text in ".{0,400}") {
        prop_assert!(!accepts(&verifier_now(), &text));
    }

    #[test]
    fn no_three_parts_are_a_token(parts in prop::collection::vec("[A-Za-z0-9_-]{0,120}", 3)) {
        prop_assert!(!accepts(&verifier_now(), &parts.join(".")));
    }

    #[test]
    fn no_other_header_is_accepted(alg in odd_value(), more in odd_value()) {
        let real = signed(&claims());
        let rest = real.split_once('.').unwrap().1;
        let header = part(&json!({ "alg": alg, "kid": more, "crit": more }));
        let token = format!("{header}.{rest}");
        prop_assert!(!accepts(&verifier_now(), &token));
    }

    #[test]
    fn no_changed_byte_is_accepted(at in 0_usize..600, byte in any::<u8>()) {
        let real = signed(&claims());
        let mut bytes = real.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let Ok(token) = String::from_utf8(bytes) else { return Ok(()) };
        prop_assert!(token == real || !accepts(&verifier_now(), &token), "byte {at}");
    }

    #[test]
    fn well_signed_claims_count_only_if_they_are_right(name in name(), value in odd_value()) {
        let mut odd = claims();
        odd[name] = value;
        let accepted = accepts(&verifier_now(), &signed(&odd));
        let right = claims();
        let needed = ["iss", "sub", "aud", "nonce"];
        // `aud` may also be a list of one, which is not made here; times have a range.
        if needed.contains(&name) {
            prop_assert_eq!(accepted, odd[name] == right[name], "{}: {}", name, odd[name]);
        }
    }
}
