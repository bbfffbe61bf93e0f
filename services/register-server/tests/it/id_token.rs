//! Whom an ID token proves, and whom it does not.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD as STANDARD, BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use service_kit::Clock;

use crate::harness::{ALICE, BOB, FakeLine, IdToken, Journal, Reply, TestApp};

const REFUSED: &str = "/en/sign-in-failed/refused";

async fn come_back_with(spoil: impl FnOnce(&mut IdToken)) -> (TestApp, String) {
    let app = TestApp::start().await;
    let browser = app.browser();
    let started = browser.get("/auth/login?lang=en").await;
    let code = app.line.consent_with(&started.line_page(), ALICE, spoil);
    let answer = app.come_back(&browser, &started, &code).await;
    let page = answer.location().to_owned();
    let is_signed_in = app.session(&browser).await.visitor.is_some();
    assert_eq!(is_signed_in, page == "/en/register");
    (app, page)
}

async fn refused(what: &str, spoil: impl FnOnce(&mut IdToken)) {
    let (app, page) = come_back_with(spoil).await;
    assert_eq!(page, REFUSED, "{what}");
    assert_eq!(
        app.journal.entries(),
        ["token"],
        "{what}: nobody else was asked"
    );
}

async fn refused_claim(name: &'static str, value: Value) {
    refused(&format!("{name}: {value}"), move |token| {
        if value.is_null() {
            token.claims.as_object_mut().unwrap().remove(name);
        } else {
            token.claims[name] = value;
        }
    })
    .await;
}

#[tokio::test]
async fn l17_an_unsigned_token_is_refused() {
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        refused(alg, |token| {
            token.header["alg"] = alg.into();
            token.signature = Some(Vec::new());
        })
        .await;
    }
    refused("no signature", |token| token.signature = Some(Vec::new())).await;
}

#[tokio::test]
async fn l18_a_token_signed_by_somebody_else_is_refused() {
    refused("another key", |token| token.key = b"another".to_vec()).await;
    refused("an empty key", |token| token.key = Vec::new()).await;
}

#[tokio::test]
async fn l19_a_key_that_the_token_brings_along_is_neither_used_nor_fetched() {
    let thief = FakeLine::start(Clock::default(), Journal::default()).await;
    for (name, value) in [
        ("jku", json!(thief.url)),
        ("x5u", json!(thief.url)),
        ("kid", json!(thief.url)),
        (
            "jwk",
            json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode("the thief's")}),
        ),
    ] {
        for alg in ["HS256", "ES256"] {
            refused(&format!("{alg} {name}"), |token| {
                token.header["alg"] = alg.into();
                token.header[name] = value.clone();
                token.key = b"the thief's".to_vec();
            })
            .await;
        }
    }
    assert_eq!(thief.journal.entries(), [""; 0]);
}

#[tokio::test]
async fn l20_a_public_key_is_no_shared_secret() {
    // Whatever form LINE's public key for other flows is written in.
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = key.public_key().as_ref().to_vec();
    let der = [
        b"0Y0\x13\x06\x07*\x86H\xce=\x02\x01\x06\x08*\x86H\xce=\x03\x01\x07\x03B\0".as_slice(),
        &point,
    ]
    .concat();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(&der)
    );
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
    });
    for public in [point, der, pem.into_bytes(), jwk.to_string().into_bytes()] {
        refused("keyed with a public key", |token| token.key = public).await;
    }
}

#[tokio::test]
async fn l21_no_other_algorithm_is_taken() {
    // HS512 is signed as it says, with the right secret.
    for alg in [
        "HS512", "HS384", "RS256", "ES256", "PS256", "EdDSA", "hs256", "HS256 ",
    ] {
        refused(alg, |token| token.header["alg"] = alg.into()).await;
    }
}

#[tokio::test]
async fn l22_another_issuer_is_refused() {
    for issuer in [
        json!("https://access.line.me/"),
        json!("http://access.line.me"),
        json!("https://evil.example"),
        json!(null),
    ] {
        refused_claim("iss", issuer).await;
    }
}

#[tokio::test]
async fn l23_another_audience_is_refused() {
    for audience in [
        json!("9999999999"),
        json!(["1234567890", "9999999999"]),
        json!([]),
        json!(null),
        json!(1_234_567_890),
    ] {
        refused_claim("aud", audience).await;
    }
}

#[tokio::test]
async fn l24_a_token_from_another_time_is_refused() {
    let now = 1_790_000_000;
    for (claim, value) in [
        ("exp", json!(now - 61)),
        ("exp", json!((now + 3600).to_string())),
        ("exp", json!(null)),
        ("iat", json!(now + 61)),
        ("iat", json!(now - 3600)),
        ("iat", json!(null)),
    ] {
        refused_claim(claim, value).await;
    }
}

#[tokio::test]
async fn l25_a_token_of_another_attempt_is_refused() {
    for nonce in [json!(null), json!(""), json!("0".repeat(64))] {
        refused_claim("nonce", nonce).await;
    }
    // Not even that of another tab of theirs.
    let app = TestApp::start().await;
    let browser = app.browser();
    let one = browser.get("/auth/login?lang=en").await;
    let two = browser.get("/auth/login?lang=en").await;
    let code = app.line.consent_with(&one.line_page(), ALICE, |token| {
        token.claims["nonce"] = two.parameter("nonce").into();
    });
    let answer = app.come_back(&browser, &one, &code).await;
    assert_eq!(answer.location(), REFUSED);
}

#[tokio::test]
async fn l26_a_subject_that_is_no_line_user_is_refused() {
    for subject in [
        json!(null),
        json!(""),
        json!("U".repeat(300)),
        json!(ALICE.to_lowercase()),
        json!(format!("{ALICE} ")),
        json!("../../users"),
        json!(12),
    ] {
        refused_claim("sub", subject).await;
    }
}

#[tokio::test]
async fn l27_a_profile_of_somebody_else_is_refused() {
    for (reply, page) in [
        (Reply::Body(format!(r#"{{"sub":"{BOB}"}}"#)), REFUSED),
        (Reply::Body(r#"{"name":"Alice"}"#.to_owned()), REFUSED),
        (Reply::Body(r#"{"sub":"somebody"}"#.to_owned()), REFUSED),
        (Reply::Body("<html>".to_owned()), REFUSED),
        (Reply::Redirect("https://evil.example".to_owned()), REFUSED),
        // Who does not answer contradicts nothing: the ID token says who it is.
        (Reply::Status(503), "/en/register"),
        (Reply::Status(401), "/en/register"),
        (Reply::Hang, "/en/register"),
        (
            Reply::Body(format!(r#"{{"sub":"{ALICE}"}}"#)),
            "/en/register",
        ),
    ] {
        let app = TestApp::start().await;
        app.line.answer_userinfo(reply);
        let browser = app.browser();
        let answer = app.sign_in(&browser, ALICE).await;
        assert_eq!(answer.location(), page);
        let is_signed_in = app.session(&browser).await.visitor.is_some();
        assert_eq!(is_signed_in, page != REFUSED);
    }
}

#[tokio::test]
async fn l39_a_picture_that_is_no_https_address_is_left_out() {
    for picture in [
        "javascript:alert(1)",
        "http://169.254.169.254/latest",
        "https://us@evil.example/",
        "data:image/png;base64,AA==",
        "//evil.example/x.png",
    ] {
        let app = TestApp::start().await;
        let browser = app.browser();
        let started = browser.get("/auth/login?lang=en").await;
        let code = app.line.consent_with(&started.line_page(), ALICE, |token| {
            token.claims["picture"] = picture.into();
            token.claims["name"] = "<img onerror=alert(1)>".into();
        });
        app.come_back(&browser, &started, &code).await;
        let visitor = app.session(&browser).await.visitor.unwrap();
        assert_eq!(
            visitor.display_name.as_deref(),
            Some("<img onerror=alert(1)>")
        );
        browser
            .post(
                "/member",
                &[
                    ("display_name", "Alice"),
                    ("language", "en"),
                    ("consent.terms", "1"),
                ],
            )
            .await;
        assert_eq!(app.users.registered()[0].picture_url, None, "{picture}");
    }
}

#[tokio::test]
async fn l47_somebody_who_shares_no_profile_may_register() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let started = browser.get("/auth/login?lang=en").await;
    let code = app.line.consent_with(&started.line_page(), ALICE, |token| {
        let claims = token.claims.as_object_mut().unwrap();
        claims.remove("name");
        claims.remove("picture");
    });
    let answer = app.come_back(&browser, &started, &code).await;
    assert_eq!(answer.location(), "/en/register");
    assert_eq!(
        app.session(&browser).await.visitor.unwrap().display_name,
        None
    );
    let answer = browser
        .post(
            "/member",
            &[
                ("display_name", "Alice"),
                ("language", "en"),
                ("consent.terms", "1"),
            ],
        )
        .await;
    assert_eq!(answer.location(), "/en/welcome");
}
