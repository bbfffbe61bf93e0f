//! Hostile ID tokens of web logins: HS256 with the channel secret, and nothing else.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use line_api::login::{ISSUER, Identity, InvalidIdToken, LoginChannel, Nonce, WebVerifier};
use secrecy::SecretString;
use serde_json::{Value, json};
use service_kit::{Clock, Timestamp};
use url::Url;

pub(crate) const ALICE: &str = "Ua11ce000000000000000000000000000";
pub(crate) const CHANNEL: &str = "1656000000";
pub(crate) const NONCE: &str = "the-nonce-of-this-login";
pub(crate) const NOW: i64 = 1_790_000_000;
const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": ALICE, "aud": CHANNEL, "exp": NOW + 3600, "iat": NOW, "nonce": NONCE,
        "amr": ["linesso"], "name": "Alice", "picture": "https://profile.example/alice",
    })
}

/// The claims with one changed, or without it if the value is null.
pub(crate) fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().unwrap();
    match value {
        Value::Null => members.remove(name),
        value => members.insert(name.to_owned(), value),
    };
    claims
}

pub(crate) fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

fn hmac_signed(
    header: &Value,
    claims: &Value,
    algorithm: hmac::Algorithm,
    secret: &[u8],
) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

pub(crate) fn signed(claims: &Value) -> String {
    hmac_signed(
        &json!({ "typ": "JWT", "alg": "HS256" }),
        claims,
        hmac::HMAC_SHA256,
        SECRET.as_bytes(),
    )
}

fn verifier(clock: Clock) -> WebVerifier {
    let channel = LoginChannel {
        id: CHANNEL.into(),
        secret: SecretString::from(SECRET),
        redirect_uri: Url::parse("https://kaiin.example/auth/callback").unwrap(),
    };
    WebVerifier::new(&channel, ISSUER, clock)
}

/// The verifier of this channel, now.
pub(crate) fn verifier_now() -> WebVerifier {
    verifier(Clock::manual(Timestamp::from_seconds(NOW)))
}

fn verify(token: &str) -> Result<Identity, InvalidIdToken> {
    verifier_now().verify(&SecretString::from(token), &Nonce::from_stored(NONCE))
}

fn refused(token: &str) -> InvalidIdToken {
    verify(token).unwrap_err()
}

#[test]
fn a_token_of_this_login_says_who_it_is() {
    let identity = verify(&signed(&claims())).unwrap();
    assert_eq!(identity.user_id.as_str(), ALICE);
    assert_eq!(identity.name.unwrap().as_str(), "Alice");
    assert_eq!(
        identity.picture.unwrap().as_str(),
        "https://profile.example/alice"
    );
    assert_eq!(identity.issued_at, Timestamp::from_seconds(NOW));
    assert_eq!(identity.methods, ["linesso"]);
    assert!(identity.email.is_none());
}

#[test]
fn l47_claims_that_prove_nothing_may_be_missing_or_odd() {
    let mut bare = claims();
    for name in ["name", "picture", "amr"] {
        bare.as_object_mut().unwrap().remove(name);
    }
    assert!(verify(&signed(&bare)).unwrap().name.is_none());
    assert!(
        verify(&signed(&with("name", json!(7))))
            .unwrap()
            .name
            .is_none()
    );
    assert!(
        verify(&signed(&with("amr", json!("pwd"))))
            .unwrap()
            .methods
            .is_empty()
    );
    assert!(verify(&signed(&with("claim_of_tomorrow", json!({ "a": [1] })))).is_ok());
}

#[test]
fn l17_alg_none_is_refused_in_every_casing() {
    for none in ["none", "None", "NONE", "nOnE", ""] {
        for signature in ["", "c2ln"] {
            let header = json!({ "typ": "JWT", "alg": none });
            let token = format!("{}.{}.{signature}", part(&header), part(&claims()));
            assert!(verify(&token).is_err(), "{none}");
        }
    }
    let without = format!("{}.{}.", part(&json!({ "typ": "JWT" })), part(&claims()));
    assert!(verify(&without).is_err());
}

#[test]
fn l18_another_secret_is_refused() {
    let header = json!({ "alg": "HS256" });
    for secret in [
        "",
        "fedcba9876543210fedcba9876543210",
        "0123456789ABCDEF0123456789ABCDEF",
    ] {
        let token = hmac_signed(&header, &claims(), hmac::HMAC_SHA256, secret.as_bytes());
        assert_eq!(refused(&token), InvalidIdToken::Signature);
    }
    // The secret is text: LINE does not decode its hexadecimal digits.
    let bytes: Vec<u8> = (0..16)
        .map(|i| u8::from_str_radix(&SECRET[i * 2..i * 2 + 2], 16).unwrap())
        .collect();
    assert!(verify(&hmac_signed(&header, &claims(), hmac::HMAC_SHA256, &bytes)).is_err());
}

#[test]
fn a_changed_or_missing_part_is_refused() {
    let token = signed(&claims());
    let parts: Vec<_> = token.split('.').collect();
    let forged = part(&with("sub", json!("U0b0b0000000000000000000000000000")));
    assert_eq!(
        refused(&format!("{}.{forged}.{}", parts[0], parts[2])),
        InvalidIdToken::Signature
    );
    for broken in [
        String::new(),
        "a.b".into(),
        "..".into(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{token}.{}", parts[2]),
        format!("{token}="),
        format!(" {token}"),
        "x".repeat(100_000),
    ] {
        assert!(verify(&broken).is_err(), "{broken:.20}");
    }
}

#[test]
fn l21_other_algorithms_are_refused_though_validly_signed() {
    for (name, algorithm) in [("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        let token = hmac_signed(
            &json!({ "alg": name }),
            &claims(),
            algorithm,
            SECRET.as_bytes(),
        );
        assert_eq!(refused(&token), InvalidIdToken::Algorithm);
    }
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        let key = EncodingKey::from_rsa_pem(crate::id_token_liff::rsa_pem().as_bytes()).unwrap();
        let token = jsonwebtoken::encode(&Header::new(algorithm), &claims(), &key).unwrap();
        assert_eq!(refused(&token), InvalidIdToken::Algorithm);
    }
    // And HS256 under another name.
    let token = hmac_signed(
        &json!({ "alg": "ES256" }),
        &claims(),
        hmac::HMAC_SHA256,
        SECRET.as_bytes(),
    );
    assert_eq!(refused(&token), InvalidIdToken::Algorithm);
}

#[test]
fn a_token_of_the_liff_flow_is_refused_here() {
    let keys = crate::id_token_liff::KeyPair::new("key-1");
    assert_eq!(refused(&keys.signed(&claims())), InvalidIdToken::Algorithm);
}

#[test]
fn an_extension_that_must_be_understood_is_refused() {
    let header = json!({ "alg": "HS256", "crit": ["b64"], "b64": false });
    assert_eq!(
        refused(&hmac_signed(
            &header,
            &claims(),
            hmac::HMAC_SHA256,
            SECRET.as_bytes()
        )),
        InvalidIdToken::Malformed
    );
}

#[test]
fn l22_another_issuer_is_refused() {
    for issuer in [
        "https://access.line.me/",
        "http://access.line.me",
        "https://access.line.me.evil.example",
        "",
        "access.line.me",
    ] {
        assert_eq!(
            refused(&signed(&with("iss", json!(issuer)))),
            InvalidIdToken::Issuer,
            "{issuer}"
        );
    }
    assert!(verify(&signed(&with("iss", Value::Null))).is_err());
    assert!(verify(&signed(&with("iss", json!([ISSUER])))).is_err());
    assert!(
        verify(&signed(&with(
            "iss",
            json!([ISSUER, "https://evil.example"])
        )))
        .is_err()
    );
}

#[test]
fn l23_another_audience_is_refused_also_beside_ours() {
    for audience in [
        json!("1656000001"),
        json!(""),
        json!(["1656000001"]),
        json!([CHANNEL, "1656000001"]),
        json!([]),
    ] {
        assert_eq!(
            refused(&signed(&with("aud", audience.clone()))),
            InvalidIdToken::Audience,
            "{audience}"
        );
    }
    assert!(verify(&signed(&with("aud", Value::Null))).is_err());
    assert!(verify(&signed(&with("aud", json!(1_656_000_000)))).is_err());
    assert!(verify(&signed(&with("aud", json!([CHANNEL])))).is_ok());
}

#[test]
fn l24_times_out_of_bounds_are_refused() {
    let old = |exp: i64, iat: i64| {
        let mut claims = with("exp", json!(exp));
        claims["iat"] = json!(iat);
        verify(&signed(&claims)).map(drop)
    };
    assert_eq!(old(NOW - 60, NOW - 600), Ok(()));
    assert_eq!(old(NOW - 61, NOW - 600), Err(InvalidIdToken::Expired));
    assert_eq!(old(NOW + 3600, NOW + 60), Ok(()));
    assert_eq!(old(NOW + 3600, NOW + 61), Err(InvalidIdToken::IssuedAt));
    assert_eq!(old(NOW + 60, NOW - 3599), Ok(()));
    assert_eq!(old(NOW + 60, NOW - 3600), Err(InvalidIdToken::IssuedAt));
    for extreme in [i64::MIN, i64::MAX] {
        assert!(old(extreme, extreme).is_err());
    }
    for name in ["exp", "iat"] {
        assert!(
            verify(&signed(&with(name, Value::Null))).is_err(),
            "{name} missing"
        );
        let text = json!((NOW + 60).to_string());
        assert!(
            verify(&signed(&with(name, text))).is_err(),
            "{name} as text"
        );
        assert!(
            verify(&signed(&with(name, json!([NOW + 60])))).is_err(),
            "{name} as a list"
        );
    }
}

#[test]
fn l24_a_token_that_is_not_valid_yet_is_refused() {
    assert_eq!(
        refused(&signed(&with("nbf", json!(NOW + 61)))),
        InvalidIdToken::NotBefore
    );
    assert!(verify(&signed(&with("nbf", json!(NOW + 60)))).is_ok());
    assert!(verify(&signed(&with("nbf", json!("soon")))).is_err());
}

#[test]
fn the_time_is_that_of_the_given_clock() {
    let clock = Clock::manual(Timestamp::from_seconds(NOW));
    let verifier = verifier(clock.clone());
    let token = SecretString::from(signed(&with("exp", json!(NOW + 600))));
    let nonce = Nonce::from_stored(NONCE);
    assert!(verifier.verify(&token, &nonce).is_ok());
    clock.advance(Duration::from_secs(661));
    assert_eq!(
        verifier.verify(&token, &nonce).unwrap_err(),
        InvalidIdToken::Expired
    );
}

#[test]
fn l25_another_logins_nonce_is_refused() {
    for nonce in [
        json!("another"),
        json!(""),
        json!("the-nonce-of-this-logi"),
        json!("the-nonce-of-this-login "),
    ] {
        assert_eq!(
            refused(&signed(&with("nonce", nonce))),
            InvalidIdToken::Nonce
        );
    }
    assert_eq!(
        refused(&signed(&with("nonce", Value::Null))),
        InvalidIdToken::Nonce
    );
    assert!(verify(&signed(&with("nonce", json!([NONCE])))).is_err());
}

#[test]
fn l26_a_subject_that_is_not_a_line_user_is_refused() {
    let module = format!("LU{0}-U{0}", "0123456789abcdef0123456789abcdef");
    for subject in [
        String::new(),
        "U".repeat(300),
        "alice".into(),
        ALICE.to_uppercase(),
        format!("{ALICE} "),
        format!("{ALICE}0"),
        ALICE.replace('U', "C"),
        module,
    ] {
        assert_eq!(
            refused(&signed(&with("sub", json!(subject)))),
            InvalidIdToken::Subject,
            "{subject}"
        );
    }
    assert!(verify(&signed(&with("sub", Value::Null))).is_err());
    assert!(verify(&signed(&with("sub", json!(7)))).is_err());
}

#[test]
fn a_claim_given_twice_is_refused() {
    let twice =
        claims()
            .to_string()
            .replacen('{', "{\"sub\":\"U0b0b0000000000000000000000000000\",", 1);
    let message = format!(
        "{}.{}",
        part(&json!({ "alg": "HS256" })),
        URL_SAFE_NO_PAD.encode(twice)
    );
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()),
        message.as_bytes(),
    );
    assert!(verify(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))).is_err());
}

#[test]
fn base64_with_another_alphabet_is_refused() {
    let token = signed(&claims());
    let (message, tag) = token.rsplit_once('.').unwrap();
    let standard = STANDARD.encode(URL_SAFE_NO_PAD.decode(tag).unwrap());
    assert!(verify(&format!("{message}.{standard}")).is_err());
}
