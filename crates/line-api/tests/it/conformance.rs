//! Modules of the OpenID Foundation's plans for relying parties that are about published keys: LINE signs the ID tokens
//! of LIFF apps with those (ES256). Each test is named after its module; register-server has those of web logins.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use line_api::login::InvalidIdToken;
use serde_json::json;

use crate::id_token::claims;
use crate::id_token_liff::{KeyPair, Liff, key_set, rsa_pem};

#[tokio::test]
async fn oidcc_client_test_kid_absent_single_jwks() {
    let line = KeyPair::new("key-1");
    let liff = Liff::with([key_set(&[line.jwk()])]).await;
    let nameless = line.signed_with(&json!({ "alg": "ES256" }), &claims());
    assert!(liff.verify(&nameless).await.is_ok());
}

/// The plan leaves it to the relying party to try them all; ours does not guess.
#[tokio::test]
async fn oidcc_client_test_kid_absent_multiple_jwks() {
    let (line, other) = (KeyPair::new("key-1"), KeyPair::new("key-2"));
    let liff = Liff::with([key_set(&[line.jwk(), other.jwk()])]).await;
    let nameless = line.signed_with(&json!({ "alg": "ES256" }), &claims());
    assert_eq!(liff.reason(&nameless).await, InvalidIdToken::UnknownKey);
}

/// In place of RS256, which LINE never uses.
#[tokio::test]
async fn oidcc_client_test_idtoken_sig_es256() {
    let line = KeyPair::new("key-1");
    let liff = Liff::with([key_set(&[line.jwk()])]).await;
    assert!(liff.verify(&line.signed(&claims())).await.is_ok());
}

#[tokio::test]
async fn oidcc_client_test_idtoken_sig_rs256() {
    let line = KeyPair::new("key-1");
    let liff = Liff::with([key_set(&[line.jwk()])]).await;
    let key = EncodingKey::from_rsa_pem(rsa_pem().as_bytes()).unwrap();
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("key-1".to_owned());
    let token = jsonwebtoken::encode(&header, &claims(), &key).unwrap();
    assert_eq!(liff.reason(&token).await, InvalidIdToken::Algorithm);
    assert_eq!(liff.fetches(), 0);
}

#[tokio::test]
async fn oidcc_client_test_invalid_sig_es256() {
    let (line, evil) = (KeyPair::new("key-1"), KeyPair::new("key-1"));
    let liff = Liff::with([key_set(&[line.jwk()])]).await;
    let forged = evil.signed(&claims());
    assert_eq!(liff.reason(&forged).await, InvalidIdToken::Signature);
}

/// Where the keys are is configuration: what a token or a document says of it counts for nothing.
#[tokio::test]
async fn oidcc_client_test_discovery_jwks_uri_keys() {
    let line = KeyPair::new("key-1");
    let liff = Liff::with([key_set(&[line.jwk()])]).await;
    assert!(liff.verify(&line.signed(&claims())).await.is_ok());
    assert_eq!(liff.receiver.only().path, "/oauth2/v2.1/certs");
}

#[tokio::test]
async fn oidcc_client_test_signing_key_rotation() {
    let (old, new) = (KeyPair::new("key-1"), KeyPair::new("key-2"));
    let liff = Liff::with([key_set(&[old.jwk()]), key_set(&[new.jwk()])]).await;
    assert!(liff.verify(&old.signed(&claims())).await.is_ok());
    liff.clock.advance(Duration::from_hours(1));
    let withdrawn = old.signed(&claims());
    assert!(liff.verify(&withdrawn).await.is_err());
}

#[tokio::test]
async fn oidcc_client_test_signing_key_rotation_just_before_signing() {
    let (old, new) = (KeyPair::new("key-1"), KeyPair::new("key-2"));
    let both = key_set(&[old.jwk(), new.jwk()]);
    let liff = Liff::with([key_set(&[old.jwk()]), both]).await;
    assert!(liff.verify(&old.signed(&claims())).await.is_ok());
    liff.clock.advance(Duration::from_mins(1));
    assert!(liff.verify(&new.signed(&claims())).await.is_ok());
    assert_eq!(liff.fetches(), 2);
}
