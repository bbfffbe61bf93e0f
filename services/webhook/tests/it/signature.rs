//! Who may speak: signatures, paths and methods.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::Value;
use service_kit::http_client::read_bounded;

use crate::events::text;
use crate::harness::{ALICE, BOB, SECRET, TestApp, delivery, sign};

const ROWS: &str = "select (select count(*) from event) + (select count(*) from quarantine)";

#[tokio::test]
async fn w01_the_official_vector_is_taken() {
    let secret = SecretString::from("8c570fa6dd201bb328f1c1eac23a96d8");
    let app = TestApp::start_with(|config| config.line_channel_secret = Some(secret)).await;
    let body = r#"{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}"#;
    let answer = app
        .post_signed(body, "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=")
        .await;
    assert_eq!(answer.status(), 200);
    assert_eq!(app.count(ROWS).await, 0);
}

#[tokio::test]
async fn w03_to_w09_a_wrong_signature_is_refused_and_nothing_stored() {
    let app = TestApp::start().await;
    let body = delivery([text(1, BOB, "hello")]);
    let right = sign(SECRET, &body);
    let mac = STANDARD.decode(&right).unwrap();
    let mut flipped = mac.clone();
    flipped[7] ^= 1;
    let sha1 = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
    let hex = mac
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    let wrong = [
        ("w04 empty", String::new()),
        ("w05 flipped bit", STANDARD.encode(flipped)),
        ("w06 truncated", STANDARD.encode(&mac[..31])),
        (
            "w06 one byte more",
            STANDARD.encode([&mac[..], b"x"].concat()),
        ),
        ("w06 trailing character", format!("{right} x")),
        ("w07 not base64", "%%%".to_owned()),
        ("w07 hex", hex),
        ("w07 base64url", URL_SAFE.encode([0xfb; 32])),
        ("w08 sha1", STANDARD.encode(hmac::sign(&sha1, &body))),
        ("w09 other secret", sign("another secret", &body)),
        ("prefix", format!("sha256={right}")),
    ];
    for (case, signature) in wrong {
        let answer = app.post_signed(body.clone(), &signature).await;
        assert_eq!(answer.status(), 401, "{case}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    let missing = app.request(body).send().await.unwrap();
    assert_eq!(missing.status(), 401, "w03 missing");
    assert_eq!(app.count(ROWS).await, 0);
}

#[tokio::test]
async fn w03_a_refusal_is_a_problem_that_names_the_request() {
    let app = TestApp::start().await;
    let answer = app.request("{}").send().await.unwrap();
    let id = answer.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = read_bounded(answer, 1 << 16).await.unwrap();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["type"], "/problems/unauthorized");
    assert_eq!(problem["request_id"], id);
}

#[tokio::test]
async fn w10_the_case_of_the_header_does_not_matter() {
    let app = TestApp::start().await;
    let body = delivery([]);
    // reqwest writes lower case; a raw request does not.
    let request = format!(
        "POST /callback HTTP/1.1\r\nHost: x\r\nX-LINE-SIGNATURE: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        sign(SECRET, &body),
        body.len(),
        String::from_utf8(body).unwrap()
    );
    assert!(
        crate::body::raw(&app, request.as_bytes())
            .await
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn w11_two_signatures_are_refused_even_if_one_is_right() {
    let app = TestApp::start().await;
    let body = delivery([text(1, BOB, "hello")]);
    let right = sign(SECRET, &body);
    for (first, second) in [
        (right.as_str(), "wrong"),
        ("wrong", right.as_str()),
        (&right, &right),
    ] {
        let request = app.request(body.clone());
        let request = request
            .header("x-line-signature", first)
            .header("x-line-signature", second);
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn w12_a_body_that_was_written_anew_is_refused() {
    let app = TestApp::start().await;
    let body = delivery([text(1, BOB, "hello")]);
    let anew: Value = serde_json::from_slice(&body).unwrap();
    let anew = serde_json::to_vec_pretty(&anew).unwrap();
    assert_eq!(
        app.post_signed(anew, &sign(SECRET, &body)).await.status(),
        401
    );
    let longer = [&body[..], b" "].concat();
    assert_eq!(
        app.post_signed(longer, &sign(SECRET, &body)).await.status(),
        401
    );
}

#[tokio::test]
async fn w27_only_the_default_bot_has_a_path_of_its_own() {
    let app = TestApp::start().await;
    let body = delivery([text(1, ALICE, "hello")]);
    for (path, status) in [
        ("/callback/default", 200),
        ("/callback/other", 404),
        ("/callback/default/more", 404),
        ("/callback/", 404),
        ("/", 404),
        ("/metrics", 404),
        ("/livez", 404),
        ("/callback/..%2fdefault", 404),
    ] {
        let request = app.client().post(format!("{}{path}", app.url));
        let request = request
            .header("x-line-signature", sign(SECRET, &body))
            .body(body.clone());
        assert_eq!(request.send().await.unwrap().status(), status, "{path}");
    }
    assert_eq!(app.line.replies.wait(1).await[0].text(), "hello");
}

#[tokio::test]
async fn w28_other_methods_are_told_which_one_is_allowed() {
    let app = TestApp::start().await;
    for method in [
        Method::GET,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::PATCH,
    ] {
        for path in ["/callback", "/callback/default"] {
            let request = app
                .client()
                .request(method.clone(), format!("{}{path}", app.url));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 405, "{method} {path}");
            assert_eq!(answer.headers()["allow"], "POST", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn w50_two_secrets_are_taken_while_one_is_replaced() {
    let new = "fedcba9876543210fedcba9876543210";
    let both = SecretString::from(format!("{new}, {SECRET}"));
    let mut app = TestApp::start_with(|config| config.line_channel_secret = Some(both)).await;
    let body = delivery([]);
    assert_eq!(
        app.post_signed(body.clone(), &sign(new, &body))
            .await
            .status(),
        200
    );
    assert_eq!(
        app.post_signed(body.clone(), &sign(SECRET, &body))
            .await
            .status(),
        200
    );

    app.stop().await;
    let only = SecretString::from(new);
    app.resume_with(|config| config.line_channel_secret = Some(only))
        .await;
    assert_eq!(
        app.post_signed(body.clone(), &sign(new, &body))
            .await
            .status(),
        200
    );
    assert_eq!(
        app.post_signed(body.clone(), &sign(SECRET, &body))
            .await
            .status(),
        401
    );
}
