//! ID tokens: as LINE makes them, and each wrong in its own way.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use reqwest::Method;
use serde_json::{Value, json};

use crate::login::{consent, token};
use crate::stage::{START, Stage, read};

/// The claims, unverified.
pub(crate) fn claims(tokens: &Value) -> Value {
    let payload = tokens["id_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

async fn login(stage: &Stage, person: &str) -> Value {
    let callback = consent(stage, person, &[], json!({})).await;
    token(stage, &callback["code"], &[]).await.1
}

async fn spoilt(flaw: &str) -> (Stage, Value) {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    stage
        .fault(json!({"on": "token", "answer": {"id_token": flaw}}))
        .await;
    let tokens = login(&stage, &alice).await;
    (stage, tokens)
}

fn is_lines_own(stage: &Stage, tokens: &Value) -> bool {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.validate_exp = false;
    rules.set_audience(&[&stage.credentials.login_channel_id]);
    rules.set_issuer(&["https://access.line.me"]);
    let key = DecodingKey::from_secret(stage.credentials.login_channel_secret.as_bytes());
    let token = tokens["id_token"].as_str().unwrap();
    decode::<Value>(token, &key, &rules).is_ok()
}

#[tokio::test]
async fn a_web_login_gets_hs256_under_the_channel_secret() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let tokens = login(&stage, &alice).await;
    let header = decode_header(tokens["id_token"].as_str().unwrap()).unwrap();
    assert_eq!((header.alg, header.kid), (Algorithm::HS256, None));
    assert!(is_lines_own(&stage, &tokens));
    let expected = json!({
        "iss": "https://access.line.me",
        "sub": alice,
        "aud": stage.credentials.login_channel_id,
        "iat": START / 1000,
        "exp": START / 1000 + 3600,
        "nonce": "n0nce",
        "amr": ["linesso"],
        "name": "Alice",
    });
    assert_eq!(claims(&tokens), expected);
}

#[tokio::test]
async fn line_verifies_its_own_tokens() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let tokens = login(&stage, &alice).await;
    let id_token = tokens["id_token"].as_str().unwrap();
    let client = stage.credentials.login_channel_id.as_str();
    let verify = |fields: Vec<(&'static str, String)>| {
        let mut form = vec![
            ("id_token", id_token.to_owned()),
            ("client_id", client.to_owned()),
        ];
        for (name, value) in fields {
            form.retain(|(known, _)| *known != name);
            form.push((name, value));
        }
        read(
            stage
                .request(Method::POST, "/oauth2/v2.1/verify")
                .form(&form),
        )
    };
    assert_eq!(
        verify(vec![("nonce", "n0nce".into())]).await.1["sub"],
        *alice
    );
    for (field, value, says) in [
        ("id_token", "x", "Invalid IdToken."),
        ("client_id", "1", "Invalid IdToken Audience."),
        ("nonce", "x", "Invalid IdToken Nonce."),
        ("user_id", "x", "Invalid IdToken Subject Identifier."),
    ] {
        let (status, answer) = verify(vec![(field, value.into())]).await;
        let expected = json!({"error": "invalid_request", "error_description": says});
        assert_eq!((status, answer), (400, expected));
    }
    stage.pass(std::time::Duration::from_hours(1)).await;
    assert_eq!(
        verify(vec![]).await.1["error_description"],
        "IdToken expired."
    );
}

#[tokio::test]
async fn signatures_can_be_wrong_in_each_way() {
    for (flaw, algorithm) in [
        ("wrong_key", Some(Algorithm::HS256)),
        ("tampered", Some(Algorithm::HS256)),
        ("hs512", Some(Algorithm::HS512)),
        ("es256", Some(Algorithm::ES256)),
        ("alg_none", None),
    ] {
        let (stage, tokens) = spoilt(flaw).await;
        let token = tokens["id_token"].as_str().unwrap();
        assert_eq!(
            decode_header(token).ok().map(|header| header.alg),
            algorithm,
            "{flaw}"
        );
        assert!(!is_lines_own(&stage, &tokens), "{flaw}");
        assert!(claims(&tokens)["sub"].is_string(), "{flaw}");
    }
}

#[tokio::test]
async fn the_es256_token_verifies_against_the_published_keys() {
    let (stage, tokens) = spoilt("es256").await;
    let (_, jwks) = read(stage.request(Method::GET, "/oauth2/v2.1/certs")).await;
    let key = &jwks["keys"][0];
    let token = tokens["id_token"].as_str().unwrap();
    assert_eq!(
        decode_header(token).unwrap().kid.as_deref(),
        key["kid"].as_str()
    );
    let (x, y) = (key["x"].as_str().unwrap(), key["y"].as_str().unwrap());
    let key = DecodingKey::from_ec_components(x, y).unwrap();
    let mut rules = Validation::new(Algorithm::ES256);
    rules.validate_exp = false;
    rules.validate_aud = false;
    assert!(decode::<Value>(token, &key, &rules).is_ok());
}

#[tokio::test]
async fn claims_can_be_wrong_in_each_way() {
    let now = START / 1000;
    for (flaw, claim, value) in [
        (
            "wrong_iss",
            "iss",
            Some(json!("https://access.line.example")),
        ),
        ("wrong_aud", "aud", Some(json!("1999999999"))),
        ("no_iss", "iss", None),
        ("no_aud", "aud", None),
        ("no_sub", "sub", None),
        ("no_iat", "iat", None),
        ("no_exp", "exp", None),
        ("no_nonce", "nonce", None),
        ("expired", "exp", Some(json!(now - 7200))),
        ("iat_future", "iat", Some(json!(now + 3600))),
    ] {
        let (_, tokens) = spoilt(flaw).await;
        assert_eq!(claims(&tokens).get(claim), value.as_ref(), "{flaw}");
    }
    let (_, tokens) = spoilt("wrong_nonce").await;
    assert_ne!(claims(&tokens)["nonce"], "n0nce");
}

#[tokio::test]
async fn the_token_can_be_absent_or_nonsense() {
    let (_, tokens) = spoilt("absent").await;
    assert!(tokens.get("id_token").is_none() && tokens["access_token"].is_string());
    let (_, tokens) = spoilt("not_a_jwt").await;
    assert_eq!(tokens["id_token"], "not-a-token");
}

#[tokio::test]
async fn userinfo_can_speak_of_somebody_else() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let tokens = login(&stage, &alice).await;
    stage
        .fault(json!({"on": "userinfo", "answer": "other_sub"}))
        .await;
    let access = tokens["access_token"].as_str().unwrap();
    let userinfo = stage
        .request(Method::GET, "/oauth2/v2.1/userinfo")
        .bearer_auth(access);
    assert_ne!(read(userinfo).await.1["sub"], *alice);
}
