//! Who is believed to be calling, and who is not.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use service_auth::{
    AuthError, Caller, Issuer, Issuers, OperatorRule, SigningKey, SubjectRule, TokenSource,
    Verifier,
};
use service_kit::{Clock, Timestamp};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const ISSUER: &str = "https://issuer.example";
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

struct House {
    webhook: SigningKey,
    operators: SigningKey,
    stranger: SigningKey,
    clock: Clock,
    verifier: Verifier,
}

impl House {
    fn new() -> Self {
        let webhook = SigningKey::ephemeral("webhook").unwrap();
        let operators = SigningKey::ephemeral("operators").unwrap();
        let clock = Clock::manual(NOW);
        let issuers = Issuers {
            issuers: vec![Issuer {
                issuer: ISSUER.into(),
                algorithm: Algorithm::ES256,
                jwks: Some(JwkSet {
                    keys: vec![webhook.jwk(), operators.jwk()],
                }),
                jwks_file: None,
                jwks_url: None,
                ca_file: None,
                token_file: None,
                subjects: BTreeMap::from([(
                    "webhook".to_owned(),
                    SubjectRule {
                        role: "webhook".into(),
                        key: Some("webhook".into()),
                    },
                )]),
                operators: Some(OperatorRule {
                    key: "operators".into(),
                    roles: vec!["viewer".into(), "admin".into()],
                }),
            }],
        };
        let verifier = Verifier::new(issuers, "api-users", clock.clone());
        Self {
            webhook,
            operators,
            stranger: SigningKey::ephemeral("webhook").unwrap(),
            clock,
            verifier,
        }
    }

    async fn verify(&self, token: &str) -> Result<Caller, AuthError> {
        self.verifier.verify(token).await
    }
}

/// A good token's claims, with `changes` made to them; a null takes a claim away.
fn claims(changes: &Value) -> Value {
    let now = NOW.as_seconds();
    let mut claims = json!({ "iss": ISSUER, "sub": "webhook", "aud": "api-users", "iat": now, "exp": now + 600 });
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn signed(key: &SigningKey, changes: &Value) -> String {
    key.sign(&claims(changes))
        .unwrap()
        .expose_secret()
        .to_owned()
}

#[tokio::test]
async fn a_service_is_known_by_its_key_and_subject() {
    let house = House::new();
    let caller = house
        .verify(&signed(&house.webhook, &json!({})))
        .await
        .unwrap();
    assert_eq!(
        caller,
        Caller {
            issuer: ISSUER.into(),
            subject: "webhook".into(),
            role: "webhook".into()
        }
    );
}

/// Whoever comes while the first is still looking for the keys, or has just found them, is not refused for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn those_who_come_at_once_when_nobody_was_here_yet_are_all_known() {
    for _ in 0..500 {
        let house = Arc::new(House::new());
        let start = Arc::new(Barrier::new(8));
        let mut callers = JoinSet::new();
        for number in 0..8 {
            let (house, start) = (Arc::clone(&house), Arc::clone(&start));
            callers.spawn(async move {
                let token = signed(&house.webhook, &json!({ "jti": number }));
                start.wait().await;
                house.verify(&token).await
            });
        }
        for caller in callers.join_all().await {
            assert_eq!(caller.unwrap().role, "webhook");
        }
    }
}

#[tokio::test]
async fn an_operator_has_the_role_that_the_token_claims() {
    let house = House::new();
    let token = signed(&house.operators, &json!({ "sub": "mei", "role": "viewer" }));
    assert_eq!(
        house.verify(&token).await.unwrap(),
        Caller {
            issuer: ISSUER.into(),
            subject: "mei".into(),
            role: "viewer".into()
        }
    );
}

#[tokio::test]
async fn tokens_that_do_not_fit_are_refused() {
    let house = House::new();
    let now = NOW.as_seconds();
    for (case, changes) in [
        ("u02 expired by 31 s", json!({ "exp": now - 31 })),
        ("u02 no exp", json!({ "exp": null })),
        ("u03 not valid yet", json!({ "nbf": now + 31 })),
        ("u03 issued tomorrow", json!({ "iat": now + 86_400 })),
        ("u04 no audience", json!({ "aud": null })),
        ("u04 another audience", json!({ "aud": "push-msg" })),
        ("u05 no issuer", json!({ "iss": null })),
        (
            "u05 another issuer",
            json!({ "iss": "https://issuer.example/" }),
        ),
        ("u05 no subject", json!({ "sub": null })),
        ("u05 unknown subject", json!({ "sub": "stranger" })),
        (
            "a service's key claims an operator's role",
            json!({ "sub": "mei", "role": "admin" }),
        ),
    ] {
        let answer = house.verify(&signed(&house.webhook, &changes)).await;
        assert!(
            matches!(answer, Err(AuthError::Refused(_))),
            "{case}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn a_key_speaks_for_its_own_subject_only() {
    let house = House::new();
    for (case, token) in [
        (
            "the operators' key as a service",
            signed(&house.operators, &json!({})),
        ),
        (
            "an unknown key under a known ID",
            signed(&house.stranger, &json!({})),
        ),
        (
            "a role nobody has",
            signed(
                &house.operators,
                &json!({ "sub": "mei", "role": "webhook" }),
            ),
        ),
        (
            "no role",
            signed(&house.operators, &json!({ "sub": "mei" })),
        ),
    ] {
        assert!(
            matches!(house.verify(&token).await, Err(AuthError::Refused(_))),
            "{case}"
        );
    }
}

#[tokio::test]
async fn u06_another_algorithm_is_refused_whatever_the_header_says() {
    let house = House::new();
    let header = |alg| Header {
        kid: Some("webhook".into()),
        ..Header::new(alg)
    };
    let public = serde_json::to_vec(&house.webhook.jwk()).unwrap();
    let confused = jsonwebtoken::encode(
        &header(Algorithm::HS256),
        &claims(&json!({})),
        &EncodingKey::from_secret(&public),
    );
    let good = signed(&house.webhook, &json!({}));
    let (_, rest) = good.split_once('.').unwrap();
    // {"alg":"none","kid":"webhook"}
    let unsigned = format!(
        "eyJhbGciOiJub25lIiwia2lkIjoid2ViaG9vayJ9.{}",
        rest.rsplit_once('.').unwrap().0
    );
    for token in [
        confused.unwrap(),
        format!("{unsigned}."),
        unsigned,
        "a.b.c".into(),
        String::new(),
        "x".repeat(9000),
    ] {
        assert!(matches!(
            house.verify(&token).await,
            Err(AuthError::Refused(_))
        ));
    }
}

#[tokio::test]
async fn a_remembered_token_expires_all_the_same() {
    let house = House::new();
    let token = signed(&house.webhook, &json!({}));
    house.verify(&token).await.unwrap();
    house.clock.advance(Duration::from_secs(629));
    house.verify(&token).await.unwrap();
    house.clock.advance(Duration::from_secs(1));
    assert!(house.verify(&token).await.is_err());
}

#[tokio::test]
async fn u01_one_bearer_token_is_asked_for() {
    let house = House::new();
    let token = signed(&house.webhook, &json!({}));
    for values in [
        vec![],
        vec!["Basic d2ViOmhvb2s=".to_owned()],
        vec![token.clone()],
        vec![format!("Bearer {token}"); 2],
    ] {
        let mut headers = HeaderMap::new();
        for value in &values {
            headers.append("authorization", value.parse().unwrap());
        }
        assert!(
            matches!(
                house.verifier.caller(&headers).await,
                Err(AuthError::Missing)
            ),
            "{}",
            values.len()
        );
    }
    let headers = HeaderMap::from_iter([(
        http::header::AUTHORIZATION,
        format!("bearer {token}").parse().unwrap(),
    )]);
    assert!(house.verifier.caller(&headers).await.is_ok());
}

#[tokio::test]
async fn a_new_key_in_the_file_is_found_within_a_minute_and_not_sooner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let keys = |keys| serde_json::to_vec(&JwkSet { keys }).unwrap();
    let (old, new) = (
        SigningKey::ephemeral("old").unwrap(),
        SigningKey::ephemeral("new").unwrap(),
    );
    std::fs::write(&path, keys(vec![old.jwk()])).unwrap();
    let issuers = json!({ "issuers": [{ "issuer": ISSUER, "algorithm": "ES256", "jwks_file": "jwks.json",
        "subjects": { "webhook": { "role": "webhook" } } }] });
    std::fs::write(folder.path().join("issuers.json"), issuers.to_string()).unwrap();
    let clock = Clock::manual(NOW);
    let issuers = Issuers::read(&folder.path().join("issuers.json")).unwrap();
    let verifier = Verifier::new(issuers, "api-users", clock.clone());

    verifier.verify(&signed(&old, &json!({}))).await.unwrap();
    std::fs::write(&path, keys(vec![new.jwk()])).unwrap();
    let token = signed(&new, &json!({}));
    assert!(verifier.verify(&token).await.is_err());
    clock.advance(Duration::from_mins(1));
    verifier.verify(&token).await.unwrap();
    let withdrawn = signed(&old, &json!({ "iat": NOW.as_seconds() - 1 }));
    assert!(verifier.verify(&withdrawn).await.is_err());
}

#[tokio::test]
async fn a_replaced_key_of_the_same_name_is_believed_within_five_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let (old, new) = (
        SigningKey::ephemeral("key").unwrap(),
        SigningKey::ephemeral("key").unwrap(),
    );
    let write = |key: &SigningKey| {
        std::fs::write(
            &path,
            serde_json::to_vec(&JwkSet {
                keys: vec![key.jwk()],
            })
            .unwrap(),
        )
        .unwrap();
    };
    write(&old);
    let clock = Clock::manual(NOW);
    let issuers = json!({ "issuers": [{ "issuer": ISSUER, "algorithm": "ES256", "jwks_file": path,
        "subjects": { "webhook": { "role": "webhook" } } }] });
    let verifier = Verifier::new(
        serde_json::from_value(issuers).unwrap(),
        "api-users",
        clock.clone(),
    );
    verifier.verify(&signed(&old, &json!({}))).await.unwrap();
    write(&new);
    clock.advance(Duration::from_mins(5));
    verifier.verify(&signed(&new, &json!({}))).await.unwrap();
    let forged = signed(&old, &json!({ "iat": NOW.as_seconds() - 1 }));
    assert!(verifier.verify(&forged).await.is_err());
}

/// A key address that hangs up on everybody, and how often it was asked.
fn dead_end() -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = std::sync::Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            drop(stream);
        }
    });
    (url, asked)
}

#[tokio::test]
async fn a_flood_of_unknown_keys_costs_one_look_even_if_that_fails() {
    let (url, asked) = dead_end();
    let issuers = json!({ "issuers": [{ "issuer": ISSUER, "algorithm": "ES256", "jwks_url": url,
        "subjects": { "webhook": { "role": "webhook" } } }] });
    let verifier = Verifier::new(
        serde_json::from_value(issuers).unwrap(),
        "api-users",
        Clock::manual(NOW),
    );
    for number in 0..6 {
        let key = SigningKey::ephemeral(&format!("unknown-{number}")).unwrap();
        assert!(verifier.verify(&signed(&key, &json!({}))).await.is_err());
    }
    let asked = asked.load(std::sync::atomic::Ordering::SeqCst);
    assert!((1..=2).contains(&asked), "{asked} looks");
}

#[tokio::test]
async fn a_token_of_the_far_future_is_remembered_like_any_other() {
    let house = House::new();
    let token = signed(&house.webhook, &json!({ "exp": i64::MAX }));
    house.verify(&token).await.unwrap();
    house.verify(&token).await.unwrap();
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_no_refusal() {
    let issuers = json!({ "issuers": [{ "issuer": ISSUER, "algorithm": "ES256", "jwks_file": "/nonexistent/jwks.json",
        "subjects": { "webhook": { "role": "webhook" } } }] });
    let verifier = Verifier::new(
        serde_json::from_value(issuers).unwrap(),
        "api-users",
        Clock::manual(NOW),
    );
    let token = signed(&SigningKey::ephemeral("webhook").unwrap(), &json!({}));
    assert!(matches!(
        verifier.verify(&token).await,
        Err(AuthError::Keys(_))
    ));
}

#[tokio::test]
async fn a_key_file_is_made_once_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("webhook.key");
    let first = SigningKey::load_or_create(&path, "webhook").unwrap();
    let second = SigningKey::load_or_create(&path, "webhook").unwrap();
    assert_eq!(first.jwk(), second.jwk());
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[tokio::test]
async fn a_token_file_is_trimmed_and_must_hold_something() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "\n").unwrap();
    assert!(TokenSource::file(&path).token().await.is_err());
    std::fs::write(&path, "abc\n").unwrap();
    assert_eq!(
        TokenSource::file(&path)
            .token()
            .await
            .unwrap()
            .expose_secret(),
        "abc"
    );
}
