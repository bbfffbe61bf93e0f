//! The modules of the plan.

use serde_json::{Value, json};

use super::{REFUSED, SIGNED_IN, rejects};
use crate::harness::{ALICE, Journey};

/// The one call of an operation: its request's form fields or query.
async fn call(journey: &Journey, operation: &str) -> Value {
    let calls = journey.calls().await;
    let mut named = calls.iter().filter(|call| call["operation"] == operation);
    let (Some(call), None) = (named.next(), named.next()) else {
        panic!("not one call of {operation}: {calls:#?}");
    };
    call.clone()
}

#[tokio::test]
async fn oidcc_client_test() {
    let journey = Journey::start().await;
    assert_eq!(journey.sign_in().await, SIGNED_IN);
    let visitor = journey.session().await.visitor.unwrap();
    assert_eq!(visitor.display_name.as_deref(), Some("Alice"));
    let calls = journey.calls().await;
    let violations: Vec<_> = calls
        .iter()
        .filter(|call| !call["violation"].is_null())
        .collect();
    assert!(violations.is_empty(), "{violations:#?}");
}

#[tokio::test]
async fn oidcc_client_test_invalid_iss() {
    rejects("wrong_iss").await;
    rejects("no_iss").await;
}

#[tokio::test]
async fn oidcc_client_test_missing_sub() {
    rejects("no_sub").await;
}

#[tokio::test]
async fn oidcc_client_test_invalid_aud() {
    rejects("wrong_aud").await;
    // OIDC Core 3.1.3.7 (3): nor beside an audience that we do not trust.
    rejects("two_auds").await;
}

#[tokio::test]
async fn oidcc_client_test_missing_iat() {
    rejects("no_iat").await;
}

/// In place of RS256, which LINE never uses: HS256 under the channel secret is what a web login gets and takes.
#[tokio::test]
async fn oidcc_client_test_idtoken_sig_hs256() {
    let journey = Journey::start().await;
    assert_eq!(journey.sign_in().await, SIGNED_IN);
    // LINE's own valid key of another flow will not do, nor another algorithm under the right secret.
    rejects("es256").await;
    rejects("hs512").await;
}

/// Stricter than the plan, which lets a relying party take them from the token endpoint.
#[tokio::test]
async fn oidcc_client_test_idtoken_sig_none() {
    rejects("alg_none").await;
}

#[tokio::test]
async fn oidcc_client_test_invalid_sig_hs256() {
    rejects("wrong_key").await;
    rejects("tampered").await;
}

#[tokio::test]
async fn oidcc_client_test_userinfo_invalid_sub() {
    let journey = Journey::start().await;
    journey.spoil("userinfo", &json!("other_sub")).await;
    assert_eq!(journey.sign_in().await, REFUSED);
    assert!(journey.session().await.visitor.is_none());
    // And the other way round: the ID token is somebody else's, well signed.
    let journey = Journey::start().await;
    let flaw = json!({"id_token": "other_sub"});
    journey.spoil("token", &flaw).await;
    assert_eq!(journey.sign_in().await, REFUSED);
}

#[tokio::test]
async fn oidcc_client_test_nonce_invalid() {
    rejects("wrong_nonce").await;
    rejects("no_nonce").await;
}

/// `profile` alone is asked for; its claims are what the form is filled with.
#[tokio::test]
async fn oidcc_client_test_scope_userinfo_claims() {
    let journey = Journey::start().await;
    let started = journey.browser.get("/auth/login?lang=en").await;
    assert_eq!(started.parameter("scope"), "openid profile");
    journey.decide(&started, true).await;
    let person: Value = journey.alice().await;
    assert_eq!(person["granted"], json!(["openid", "profile"]));
    let visitor = journey.session().await.visitor.unwrap();
    assert_eq!(visitor.display_name.as_deref(), Some("Alice"));
    let told = call(&journey, "userinfo").await;
    assert!(told.to_string().contains(ALICE));
    assert!(!told.to_string().contains("email"));
}

/// In place of `client_secret_basic`: LINE takes the secret in the body, and nowhere else.
#[tokio::test]
async fn oidcc_client_test_client_secret_post() {
    let journey = Journey::start().await;
    journey.sign_in().await;
    let request = call(&journey, "token").await["request"].clone();
    assert!(request["body"]["client_secret"].is_string(), "{request}");
    assert!(request["headers"]["content-type"].is_string(), "{request}");
    assert!(request["headers"]["authorization"].is_null(), "{request}");
}
