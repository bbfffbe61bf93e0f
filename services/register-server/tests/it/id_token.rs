//! Whom an ID token proves, and whom it does not.

use serde_json::{Value, json};

use crate::harness::{ALICE, IdToken, TestApp};

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
    assert_eq!(page, "/en/sign-in-failed/refused", "{what}");
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
async fn l19_l20_l21_no_other_algorithm_is_taken() {
    for alg in ["HS512", "RS256", "ES256", "PS256", "hs256"] {
        refused(alg, |token| {
            token.header["alg"] = alg.into();
            token.header["jku"] = "http://127.0.0.1:1/keys".into();
        })
        .await;
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
