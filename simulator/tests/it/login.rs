//! LINE Login: the authorization request, consent and the way back.

use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Stage, read};

pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/auth/callback";
/// RFC 7636's example.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) fn authorize_url(stage: &Stage, extra: &[(&str, &str)]) -> url::Url {
    let mut url = url::Url::parse(&format!("{}/oauth2/v2.1/authorize", stage.url)).unwrap();
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", stage.credentials.login_channel_id.as_str()),
        ("redirect_uri", CALLBACK),
        ("state", "abc123"),
        ("scope", "profile openid"),
        ("nonce", "n0nce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in extra {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    url.query_pairs_mut().extend_pairs(fields);
    url
}

/// The query of the callback after this person's consent.
pub(crate) async fn consent(
    stage: &Stage,
    person: &str,
    extra: &[(&str, &str)],
    body: Value,
) -> Value {
    let mut consent = json!({"url": authorize_url(stage, extra)});
    consent
        .as_object_mut()
        .unwrap()
        .extend(body.as_object().unwrap().clone());
    let answer = stage
        .tell(&format!("/people/{person}/authorize"), consent)
        .await;
    query(answer["location"].as_str().unwrap())
}

fn query(location: &str) -> Value {
    let url = url::Url::parse(location).unwrap();
    assert!(location.starts_with(CALLBACK), "{location}");
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
        .collect()
}

pub(crate) async fn token(stage: &Stage, code: &Value, changes: &[(&str, &str)]) -> (u16, Value) {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code.as_str().unwrap()),
        ("redirect_uri", CALLBACK),
        ("client_id", &stage.credentials.login_channel_id),
        ("client_secret", &stage.credentials.login_channel_secret),
        ("code_verifier", VERIFIER),
    ];
    for (name, value) in changes {
        form.retain(|(known, _)| known != name);
        form.push((name, value));
    }
    read(
        stage
            .request(Method::POST, "/oauth2/v2.1/token")
            .form(&form),
    )
    .await
}

#[tokio::test]
async fn a_refusal_comes_back_in_upper_case() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let callback = consent(&stage, &alice, &[], json!({"allow": false})).await;
    assert_eq!(callback["error"], "ACCESS_DENIED");
    assert_eq!(
        callback["error_description"],
        "The resource owner denied the request."
    );
    assert_eq!(callback["state"], "abc123");
}

#[tokio::test]
async fn a_bad_client_or_redirect_uri_gets_a_page_and_no_redirect() {
    let stage = Stage::start().await;
    for extra in [
        ("client_id", "1"),
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "http://127.0.0.1:9/auth/callback/more"),
    ] {
        let response = stage
            .http
            .get(authorize_url(&stage, &[extra]))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400);
        assert!(!response.headers().contains_key("location"));
    }
    let more = ("redirect_uri", "http://127.0.0.1:9/auth/callback?lang=th");
    let response = stage
        .http
        .get(authorize_url(&stage, &[more]))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn other_mistakes_come_back_to_the_website() {
    let stage = Stage::start().await;
    for (extra, error) in [
        (("response_type", "token"), "UNSUPPORTED_RESPONSE_TYPE"),
        (("scope", "email"), "INVALID_SCOPE"),
        (("scope", "openid everything"), "INVALID_SCOPE"),
        (("code_challenge_method", "plain"), "INVALID_REQUEST"),
        (("state", ""), "INVALID_REQUEST"),
        (("prompt", "none"), "LOGIN_REQUIRED"),
    ] {
        let response = stage
            .http
            .get(authorize_url(&stage, &[extra]))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 303, "{extra:?}");
        let callback = query(response.headers()["location"].to_str().unwrap());
        assert_eq!(callback["error"], error, "{extra:?}");
    }
}

#[tokio::test]
async fn adding_the_bot_at_login_is_reported_and_follows_by_webhook() {
    let stage = Stage::start().await;
    let alice = stage.stranger("Alice").await;
    let prompt = [("bot_prompt", "normal")];
    let callback = consent(&stage, &alice, &prompt, json!({"add_friend": true})).await;
    assert_eq!(callback["friendship_status_changed"], "true");
    stage.bot.has(1).await;
    assert_eq!(stage.bot.last().event()["type"], "follow");
    let callback = consent(&stage, &alice, &prompt, json!({"add_friend": true})).await;
    assert_eq!(callback["friendship_status_changed"], "false");
    let callback = consent(&stage, &alice, &[], json!({})).await;
    assert_eq!(callback.get("friendship_status_changed"), None);
}

#[tokio::test]
async fn consent_is_asked_once_and_a_phone_knows_its_person() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let url = authorize_url(&stage, &[]);
    let visit = || {
        let cookie = format!("sim_person={alice}");
        stage.http.get(url.clone()).header("cookie", cookie).send()
    };
    let screen = visit().await.unwrap();
    assert_eq!(screen.status(), 200);
    let page = screen.text().await.unwrap();
    let id = page
        .split("/_sim/consent/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let submit = stage
        .request(Method::POST, &format!("/_sim/consent/{id}"))
        .form(&[("person", alice.as_str()), ("choice", "allow")])
        .send()
        .await
        .unwrap();
    assert_eq!(submit.status(), 303);
    let callback = query(submit.headers()["location"].to_str().unwrap());
    assert_eq!(token(&stage, &callback["code"], &[]).await.0, 200);
    let again = visit().await.unwrap();
    assert_eq!(again.status(), 303);
    assert!(query(again.headers()["location"].to_str().unwrap())["code"].is_string());
}

#[tokio::test]
async fn a_phone_without_a_person_offers_all_of_them_as_text() {
    let stage = Stage::start().await;
    stage.friend("<script>Alice").await;
    let response = stage
        .http
        .get(authorize_url(&stage, &[]))
        .send()
        .await
        .unwrap();
    let page = response.text().await.unwrap();
    assert!(page.contains("&lt;script&gt;Alice") && !page.contains("<script>Alice"));
}

#[tokio::test]
async fn email_may_be_refused_and_is_never_listed() {
    let stage = Stage::start().await;
    let alice = json!({"name": "Alice", "email": "alice@a.example"});
    let alice = stage.tell("/people", alice).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for share in [true, false] {
        let scope = [("scope", "openid email")];
        let callback = consent(&stage, &alice, &scope, json!({"share_email": share})).await;
        let (_, tokens) = token(&stage, &callback["code"], &[]).await;
        assert_eq!(tokens["scope"], "openid");
        let claims = crate::id_token::claims(&tokens);
        assert_eq!(claims.get("email").is_some(), share);
        assert!(claims.get("name").is_none());
    }
}

#[tokio::test]
async fn a_failed_automatic_login_looks_like_forgery_until_it_is_disabled() {
    let stage = Stage::start().await;
    let fault = json!({"on": "authorize", "times": 0, "answer": "auto_login_failure"});
    stage.fault(fault).await;
    let response = stage
        .http
        .get(authorize_url(&stage, &[]))
        .send()
        .await
        .unwrap();
    let callback = query(response.headers()["location"].to_str().unwrap());
    assert_ne!(callback["state"], "abc123");
    assert_eq!(token(&stage, &callback["code"], &[]).await.0, 400);
    let disabled = authorize_url(&stage, &[("disable_auto_login", "true")]);
    assert_eq!(stage.http.get(disabled).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn discovery_advertises_es256_only_and_the_issuer_is_lines() {
    let stage = Stage::start().await;
    let path = "/.well-known/openid-configuration";
    let (_, document) = read(stage.request(Method::GET, path)).await;
    assert_eq!(document["issuer"], "https://access.line.me");
    assert_eq!(
        document["id_token_signing_alg_values_supported"],
        json!(["ES256"])
    );
    let (_, jwks) = read(stage.http.get(document["jwks_uri"].as_str().unwrap())).await;
    assert_eq!(jwks["keys"][0]["crv"], "P-256");
}
