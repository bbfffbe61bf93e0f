//! Hostile ID tokens of LIFF apps: ES256 with a key that LINE publishes, and nothing else.

use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use line_api::login::{
    ISSUER, Identity, InvalidIdToken, Jwks, LiffVerifier, LoginError, Nonce, Outage,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use service_kit::{Clock, Timestamp};

use crate::id_token::{ALICE, CHANNEL, NONCE, NOW, claims, part, with};
use crate::receiver::{Receiver, Reply, client};

/// A key of LINE's, or of someone who would like to be LINE.
pub(crate) struct KeyPair {
    kid: &'static str,
    key: EcdsaKeyPair,
}

impl KeyPair {
    pub(crate) fn new(kid: &'static str) -> Self {
        Self {
            kid,
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
        }
    }

    fn public(&self) -> &[u8] {
        self.key.public_key().as_ref()
    }

    pub(crate) fn jwk(&self) -> Value {
        let point = self.public();
        json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        })
    }

    pub(crate) fn signed(&self, claims: &Value) -> String {
        self.signed_with(
            &json!({ "typ": "JWT", "alg": "ES256", "kid": self.kid }),
            claims,
        )
    }

    pub(crate) fn signed_with(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self
            .key
            .sign(&SystemRandom::new(), message.as_bytes())
            .unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A throw-away RSA key.
pub(crate) fn rsa_pem() -> String {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let base64 = STANDARD.encode(der.as_ref());
    let lines: Vec<_> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    )
}

pub(crate) fn key_set(keys: &[Value]) -> Reply {
    Reply::json(200, &json!({ "keys": keys }))
}

/// LINE's key server, and the verifier that asks it.
pub(crate) struct Liff {
    pub(crate) receiver: Receiver,
    verifier: LiffVerifier,
    pub(crate) clock: Clock,
}

impl Liff {
    pub(crate) async fn with(replies: impl IntoIterator<Item = Reply>) -> Self {
        let receiver = Receiver::answering(replies).await;
        let clock = Clock::manual(Timestamp::from_seconds(NOW));
        let keys = Jwks::new(client(), &receiver.base, clock.clone());
        Self {
            receiver,
            verifier: LiffVerifier::new(CHANNEL, ISSUER, keys, clock.clone()),
            clock,
        }
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<Identity, LoginError> {
        self.verifier.verify(&SecretString::from(token), None).await
    }

    pub(crate) async fn reason(&self, token: &str) -> InvalidIdToken {
        match self.verify(token).await {
            Err(LoginError::InvalidIdToken(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn fetches(&self) -> usize {
        self.receiver.seen().len()
    }
}

#[tokio::test]
async fn a_token_signed_with_a_published_key_says_who_it_is() {
    let (line, other) = (KeyPair::new("key-1"), KeyPair::new("key-2"));
    let liff = Liff::with([key_set(&[other.jwk(), line.jwk()])]).await;
    assert_eq!(
        liff.verify(&line.signed(&claims()))
            .await
            .unwrap()
            .user_id
            .as_str(),
        ALICE
    );
    assert!(liff.verify(&other.signed(&claims())).await.is_ok());
    assert_eq!(liff.fetches(), 1);
    assert_eq!(liff.receiver.only().path, "/oauth2/v2.1/certs");
}

#[tokio::test]
async fn the_key_is_chosen_by_its_id_only() {
    let (line, other) = (KeyPair::new("key-1"), KeyPair::new("key-2"));
    let liff = Liff::with([key_set(&[line.jwk(), other.jwk()])]).await;
    let crossed = line.signed_with(&json!({ "alg": "ES256", "kid": "key-2" }), &claims());
    assert_eq!(liff.reason(&crossed).await, InvalidIdToken::Signature);
    let nameless = line.signed_with(&json!({ "alg": "ES256" }), &claims());
    assert_eq!(liff.reason(&nameless).await, InvalidIdToken::UnknownKey);
    let alone = Liff::with([key_set(&[line.jwk()])]).await;
    assert!(alone.verify(&nameless).await.is_ok());
}

#[tokio::test]
async fn l17_l21_other_algorithms_are_refused_and_fetch_nothing() {
    let line = KeyPair::new("key-1");
    let liff = Liff::with([key_set(&[line.jwk()])]).await;
    for algorithm in [
        "none", "None", "ES384", "RS256", "PS256", "EdDSA", "HS256", "HS512",
    ] {
        let token = line.signed_with(&json!({ "alg": algorithm, "kid": "key-1" }), &claims());
        assert!(liff.verify(&token).await.is_err(), "{algorithm}");
    }
    assert_eq!(liff.fetches(), 0);
}

#[tokio::test]
async fn l19_a_key_in_the_header_is_neither_used_nor_fetched() {
    let (line, evil) = (KeyPair::new("key-1"), KeyPair::new("key-1"));
    let elsewhere = Receiver::answering([key_set(&[evil.jwk()])]).await;
    let liff = Liff::with([key_set(&[line.jwk()])]).await;
    for (name, value) in [
        ("jwk", evil.jwk()),
        ("jku", json!(elsewhere.base)),
        ("x5u", json!(elsewhere.base)),
        ("x5c", json!([STANDARD.encode(evil.public())])),
    ] {
        let header = json!({ "alg": "ES256", "kid": "key-1", name: value });
        assert_eq!(
            liff.reason(&evil.signed_with(&header, &claims())).await,
            InvalidIdToken::Signature,
            "{name}"
        );
        let header = json!({ "alg": "ES256", "kid": "evil", name: value });
        assert_eq!(
            liff.reason(&evil.signed_with(&header, &claims())).await,
            InvalidIdToken::UnknownKey,
            "{name}"
        );
    }
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn l20_a_public_key_is_no_shared_secret() {
    let line = KeyPair::new("key-1");
    let liff = Liff::with([key_set(&[line.jwk()])]).await;
    let der = [
        b"0Y0\x13\x06\x07*\x86H\xce=\x02\x01\x06\x08*\x86H\xce=\x03\x01\x07\x03B\0",
        line.public(),
    ]
    .concat();
    let base64 = STANDARD.encode(&der);
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n",
        &base64[..64],
        &base64[64..]
    );
    for secret in [
        line.public().to_vec(),
        der,
        pem.into_bytes(),
        line.jwk().to_string().into_bytes(),
    ] {
        for algorithm in ["HS256", "ES256"] {
            let message = format!(
                "{}.{}",
                part(&json!({ "alg": algorithm, "kid": "key-1" })),
                part(&claims())
            );
            let tag = hmac::sign(
                &hmac::Key::new(hmac::HMAC_SHA256, &secret),
                message.as_bytes(),
            );
            assert!(
                liff.verify(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag)))
                    .await
                    .is_err()
            );
        }
    }
}

#[tokio::test]
async fn l22_to_l26_the_claims_are_held_to_the_same_rules() {
    let line = KeyPair::new("key-1");
    let liff = Liff::with([key_set(&[line.jwk()])]).await;
    for (claims, reason) in [
        (
            with("iss", json!("https://access.line.me/")),
            InvalidIdToken::Issuer,
        ),
        (
            with("aud", json!([CHANNEL, "1656000001"])),
            InvalidIdToken::Audience,
        ),
        (with("exp", json!(NOW - 61)), InvalidIdToken::Expired),
        (with("iat", json!(NOW - 3600)), InvalidIdToken::IssuedAt),
        (with("nbf", json!(NOW + 61)), InvalidIdToken::NotBefore),
        (with("sub", json!("alice")), InvalidIdToken::Subject),
    ] {
        assert_eq!(liff.reason(&line.signed(&claims)).await, reason);
    }
    for missing in ["iss", "aud", "exp", "iat", "sub"] {
        assert!(
            liff.verify(&line.signed(&with(missing, Value::Null)))
                .await
                .is_err(),
            "{missing}"
        );
    }
}

#[tokio::test]
async fn l25_a_nonce_counts_where_the_login_was_ours() {
    let line = KeyPair::new("key-1");
    let liff = Liff::with([key_set(&[line.jwk()])]).await;
    let token = SecretString::from(line.signed(&claims()));
    let ours = Nonce::from_stored(NONCE);
    assert!(liff.verifier.verify(&token, Some(&ours)).await.is_ok());
    let other = Nonce::from_stored("another");
    let error = liff
        .verifier
        .verify(&token, Some(&other))
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        LoginError::InvalidIdToken(InvalidIdToken::Nonce)
    ));
    let without = SecretString::from(line.signed(&with("nonce", Value::Null)));
    assert!(liff.verifier.verify(&without, Some(&ours)).await.is_err());
    assert!(liff.verifier.verify(&without, None).await.is_ok());
}

#[tokio::test]
async fn l45_however_many_unknown_keys_are_named_line_is_asked_once_a_minute() {
    let (line, evil) = (KeyPair::new("key-1"), KeyPair::new("evil"));
    let liff = Liff::with([key_set(&[line.jwk()])]).await;
    for number in 0..50 {
        let header = json!({ "alg": "ES256", "kid": format!("evil-{number}") });
        assert_eq!(
            liff.reason(&evil.signed_with(&header, &claims())).await,
            InvalidIdToken::UnknownKey
        );
        assert!(
            liff.verify(&line.signed(&claims())).await.is_ok(),
            "the honest ones go on"
        );
    }
    assert_eq!(liff.fetches(), 1);
    liff.clock.advance(Duration::from_secs(59));
    liff.reason(&evil.signed(&claims())).await;
    assert_eq!(liff.fetches(), 1);
    liff.clock.advance(Duration::from_secs(1));
    liff.reason(&evil.signed(&claims())).await;
    assert_eq!(liff.fetches(), 2);
}

#[tokio::test]
async fn a_new_key_of_lines_is_found_and_an_old_one_forgotten() {
    let (old, new) = (KeyPair::new("key-1"), KeyPair::new("key-2"));
    let liff = Liff::with([key_set(&[old.jwk()]), key_set(&[new.jwk()])]).await;
    assert!(liff.verify(&old.signed(&claims())).await.is_ok());
    liff.clock.advance(Duration::from_mins(1));
    assert!(liff.verify(&new.signed(&claims())).await.is_ok());
    assert_eq!(
        liff.reason(&old.signed(&claims())).await,
        InvalidIdToken::UnknownKey
    );
}

#[tokio::test]
async fn keys_are_asked_for_again_after_an_hour() {
    let line = KeyPair::new("key-1");
    let liff = Liff::with([key_set(&[line.jwk()]), key_set(&[])]).await;
    assert!(liff.verify(&line.signed(&claims())).await.is_ok());
    liff.clock.advance(Duration::from_hours(1));
    assert_eq!(
        liff.reason(&line.signed(&claims())).await,
        InvalidIdToken::UnknownKey
    );
    assert_eq!(liff.fetches(), 2);
}

#[tokio::test]
async fn an_outage_of_the_key_server_is_no_verdict_on_the_token() {
    let line = KeyPair::new("key-1");
    let liff = Liff::with([Reply::new(503, ""), key_set(&[line.jwk()])]).await;
    let token = line.signed(&claims());
    assert!(matches!(
        liff.verify(&token).await,
        Err(LoginError::Unavailable(Outage::Status(_)))
    ));
    assert!(matches!(
        liff.verify(&token).await,
        Err(LoginError::Unavailable(Outage::TooSoon))
    ));
    assert_eq!(liff.fetches(), 1);
    liff.clock.advance(Duration::from_mins(1));
    assert!(liff.verify(&token).await.is_ok());
}

#[tokio::test]
async fn other_kinds_of_keys_in_the_set_are_passed_over() {
    let line = KeyPair::new("key-1");
    let changed = |name: &str, value: Value| {
        let mut jwk = line.jwk();
        jwk[name] = value;
        jwk
    };
    let odd = [
        json!({ "kty": "RSA", "kid": "key-1", "n": "AQAB", "e": "AQAB", "alg": "RS256" }),
        json!(7),
        json!({}),
        changed("crv", json!("P-384")),
        changed("kty", json!("OKP")),
        changed("use", json!("enc")),
        changed("alg", json!("ES384")),
        changed("x", json!("!")),
    ];
    let without = Liff::with([key_set(&odd)]).await;
    assert_eq!(
        without.reason(&line.signed(&claims())).await,
        InvalidIdToken::UnknownKey
    );
    let mut all = odd.to_vec();
    all.insert(3, line.jwk());
    let with = Liff::with([key_set(&all)]).await;
    assert!(with.verify(&line.signed(&claims())).await.is_ok());
    let endless = json!({ "keys": [line.jwk()] }).to_string() + &" ".repeat(5_000_000);
    for broken in [Reply::new(200, "<html>"), Reply::new(200, endless)] {
        let liff = Liff::with([broken]).await;
        assert!(matches!(
            liff.verify(&line.signed(&claims())).await,
            Err(LoginError::Unexpected(_))
        ));
    }
}
