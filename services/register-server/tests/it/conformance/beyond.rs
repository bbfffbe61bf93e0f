//! Modules of other plans that apply to LINE as well.

use serde_json::json;

use super::{REFUSED, SIGNED_IN, rejects};
use crate::harness::Journey;

#[tokio::test]
async fn oidcc_client_test_missing_aud() {
    rejects("no_aud").await;
}

#[tokio::test]
async fn oidcc_client_test_expired() {
    rejects("expired").await;
    rejects("no_exp").await;
    rejects("iat_future").await;
}

#[tokio::test]
async fn oidcc_client_test_missing_id_token() {
    rejects("absent").await;
    rejects("not_a_jwt").await;
}

/// LINE's discovery document speaks of ES256 alone, and a web login gets HS256: nothing is taken from it.
#[tokio::test]
async fn oidcc_client_test_discovery_issuer_mismatch() {
    let journey = Journey::start().await;
    let elsewhere = json!({"respond": {"status": 200, "body": {
        "issuer": "https://evil.example", "jwks_uri": "https://evil.example/keys",
        "token_endpoint": "https://evil.example/token",
    }}});
    journey.spoil("discovery", &elsewhere).await;
    assert_eq!(journey.sign_in().await, SIGNED_IN);
    let calls = journey.calls().await;
    let looked_up = |name: &str| calls.iter().any(|call| call["operation"] == name);
    assert!(!looked_up("discovery") && !looked_up("certs"));
}

/// The code flow with PKCE: a code is worth nothing to whoever does not have its verifier.
#[tokio::test]
async fn oidcc_client_test_pkce_mismatch() {
    let journey = Journey::start().await;
    let one = journey.browser.get("/auth/login?lang=en").await;
    let two = journey.browser.get("/auth/login?lang=en").await;
    // The code of one attempt comes back with the state of the other.
    let crossed = one
        .location()
        .replace(&one.parameter("state"), &two.parameter("state"));
    let decision = json!({"url": crossed, "allow": true});
    let path = format!("/_sim/people/{}/authorize", crate::harness::ALICE);
    let back = journey.tell(&path, &decision).await["location"].clone();
    let answer = journey.follow(back.as_str().unwrap()).await;
    assert_eq!(answer.location(), REFUSED);
    assert!(journey.session().await.visitor.is_none());
}

/// A token endpoint that does not answer as it should signs nobody in, and the code is not tried again.
#[tokio::test]
async fn oidcc_client_test_token_endpoint_errors() {
    for (answer, page) in [
        (
            json!({"respond": {"status": 400, "body": {"error": "invalid_grant"}}}),
            REFUSED,
        ),
        (
            json!({"respond": {"status": 200, "body": "<html>"}}),
            REFUSED,
        ),
        (json!({"large": {"bytes": 5_000_000}}), REFUSED),
        (
            json!({"respond": {"status": 500}}),
            "/en/sign-in-failed/unavailable",
        ),
        (json!("cut"), "/en/sign-in-failed/unavailable"),
    ] {
        let journey = Journey::start().await;
        journey.spoil("token", &answer).await;
        assert_eq!(journey.sign_in().await, page, "{answer}");
        assert!(journey.session().await.visitor.is_none(), "{answer}");
        let calls = journey.calls().await;
        let tried = calls.iter().filter(|call| call["operation"] == "token");
        assert_eq!(tried.count(), 1, "{answer}");
        assert_eq!(journey.sign_in().await, SIGNED_IN, "{answer}");
    }
}
