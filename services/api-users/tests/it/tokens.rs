use http::{Method, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::harness::{Answer, ISSUER, TestApp, answer};

async fn with_header(app: &TestApp, value: &str) -> Answer {
    answer(
        app.anonymous(Method::GET, "/users")
            .header(header::AUTHORIZATION, value),
    )
    .await
}

async fn with_token(app: &TestApp, token: &str) -> Answer {
    with_header(app, &format!("Bearer {token}")).await
}

/// Signs any claims with the trusted key, whatever they say.
fn forge(app: &TestApp, claims: &Value) -> String {
    let key = EncodingKey::from_ec_der(&std::fs::read(app.key_file()).unwrap());
    let head = Header {
        kid: Some("test".into()),
        ..Header::new(Algorithm::ES256)
    };
    jsonwebtoken::encode(&head, claims, &key).unwrap()
}

fn claims(app: &TestApp) -> Value {
    serde_json::to_value(app.claims("viewer")).unwrap()
}

#[track_caller]
fn assert_refused(answer: Answer) {
    let answer = answer.assert(401);
    let challenge = answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.starts_with("Bearer"));
    assert_eq!(answer.problem().kind, "/problems/unauthorized");
}

#[tokio::test]
async fn u01_a_missing_or_malformed_authorization_is_refused() {
    let app = TestApp::start().await;
    let token = app.token("viewer");
    assert_refused(answer(app.anonymous(Method::GET, "/users")).await);
    for value in [
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        &token,
        &format!("Token {token}"),
        "Bearer a.b.c",
    ] {
        assert_refused(with_header(&app, value).await);
    }
    let twice = app
        .request("viewer", Method::GET, "/users")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    assert_refused(answer(twice).await);
    assert_refused(with_token(&app, &"x".repeat(20_000)).await);
    with_token(&app, &token).await.assert(200);
}

#[tokio::test]
async fn u02_an_expired_token_is_refused_after_30_seconds_of_grace() {
    let app = TestApp::start().await;
    for (late, status) in [(29, 200), (31, 401)] {
        let mut claims = app.claims("viewer");
        claims.exp = app.now().as_seconds() - late;
        with_token(&app, &app.sign(&claims)).await.assert(status);
    }
}

#[tokio::test]
async fn u03_a_token_of_the_future_is_refused() {
    let app = TestApp::start().await;
    for field in ["nbf", "iat"] {
        let mut claims = claims(&app);
        claims[field] = json!(app.now().as_seconds() + 31);
        assert_refused(with_token(&app, &forge(&app, &claims)).await);
    }
}

#[tokio::test]
async fn u04_a_token_for_somebody_else_is_refused() {
    let app = TestApp::start().await;
    for audience in [
        json!("webhook"),
        json!(["webhook", "push-msg"]),
        json!(""),
        Value::Null,
    ] {
        let mut claims = claims(&app);
        claims["aud"] = audience;
        assert_refused(with_token(&app, &forge(&app, &claims)).await);
    }
}

#[tokio::test]
async fn u05_a_token_without_or_with_wrong_claims_is_refused() {
    let app = TestApp::start().await;
    for field in ["iss", "sub", "aud", "exp"] {
        let mut claims = claims(&app);
        claims.as_object_mut().unwrap().remove(field);
        assert_refused(with_token(&app, &forge(&app, &claims)).await);
    }
    for (field, value) in [
        ("iss", "https://elsewhere.test"),
        ("role", "root"),
        ("role", "webhook"),
        ("exp", "soon"),
    ] {
        let mut claims = claims(&app);
        claims[field] = json!(value);
        assert_refused(with_token(&app, &forge(&app, &claims)).await);
    }
    let mut nobody = claims(&app);
    nobody.as_object_mut().unwrap().remove("role");
    assert_refused(with_token(&app, &forge(&app, &nobody)).await);
}

#[tokio::test]
async fn u06_another_algorithm_or_key_is_refused() {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as B64;

    let app = TestApp::start().await;
    let claims = claims(&app);
    let payload = B64.encode(claims.to_string());
    for alg in ["none", "None", "NONE", ""] {
        let head = B64.encode(json!({ "alg": alg, "typ": "JWT", "kid": "test" }).to_string());
        assert_refused(with_token(&app, &format!("{head}.{payload}.")).await);
    }

    let jwk = app.public_jwk();
    let mut head = Header::new(Algorithm::HS256);
    head.kid = Some("test".into());
    for secret in [jwk.to_string(), jwk["x"].as_str().unwrap().to_owned()] {
        let key = EncodingKey::from_secret(secret.as_bytes());
        let token = jsonwebtoken::encode(&head, &claims, &key).unwrap();
        assert_refused(with_token(&app, &token).await);
    }

    let stranger = service_auth::SigningKey::ephemeral("test").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    service_auth::SigningKey::load_or_create(&path, "test").unwrap();
    let key = EncodingKey::from_ec_der(&std::fs::read(path).unwrap());
    for jwk in [None, Some(stranger.jwk())] {
        let head = Header {
            kid: Some("test".into()),
            jwk,
            ..Header::new(Algorithm::ES256)
        };
        let token = jsonwebtoken::encode(&head, &claims, &key).unwrap();
        assert_refused(with_token(&app, &token).await);
    }
}

#[tokio::test]
async fn u08_what_proves_a_visitor_does_not_prove_a_service() {
    let app = TestApp::start().await;
    let id_token = json!({
        "iss": "https://access.line.me", "sub": "U1", "aud": "1234567890",
        "exp": app.now().as_seconds() + 600, "iat": app.now().as_seconds(), "nonce": "n", "name": "Alice",
    });
    let key = EncodingKey::from_secret(b"channel secret");
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &id_token, &key).unwrap();
    assert_refused(with_token(&app, &token).await);
    let session = app
        .anonymous(Method::GET, "/users")
        .header(header::COOKIE, "__Host-session=abc");
    assert_refused(answer(session).await);
    let mut ours = id_token;
    ours["iss"] = json!(ISSUER);
    assert_refused(with_token(&app, &forge(&app, &ours)).await);
}
