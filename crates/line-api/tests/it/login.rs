//! The login page's address and the calls around a login.

use std::collections::HashMap;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_api::login::{
    AuthorizeRequest, BotPrompt, CodeVerifier, InvalidIdToken, Login, LoginChannel, LoginError,
    Nonce, Outage, Scope, State,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use service_kit::http_client::{self, Limits};
use url::Url;

use crate::receiver::{Receiver, Reply, client, nobody};

fn channel() -> LoginChannel {
    LoginChannel {
        id: "1656000000".into(),
        secret: SecretString::from("0123456789abcdef0123456789abcdef"),
        redirect_uri: Url::parse("https://kaiin.example/auth/callback").unwrap(),
    }
}

fn login(api: &Url) -> Login {
    let access = Url::parse("https://access.line.me").unwrap();
    Login::new(client(), channel(), &access, api.clone())
}

fn token() -> SecretString {
    SecretString::from("a-persons-access-token")
}

async fn exchange(login: &Login) -> Result<line_api::login::Tokens, LoginError> {
    login
        .exchange(
            &SecretString::from("the+code/="),
            &CodeVerifier::from_stored("the-verifier"),
        )
        .await
}

fn granted() -> Value {
    json!({
        "access_token": "access", "expires_in": 2_592_000, "id_token": "id.to.ken", "refresh_token": "refresh",
        "scope": "profile openid", "token_type": "Bearer",
    })
}

#[test]
fn l01_state_nonce_and_verifier_are_256_random_bits_that_no_encoding_changes() {
    let values = [
        State::random().expose().to_owned(),
        State::random().expose().to_owned(),
    ];
    let others = [
        Nonce::random().expose().to_owned(),
        CodeVerifier::random().expose().to_owned(),
    ];
    let all: Vec<_> = values.into_iter().chain(others).collect();
    for value in &all {
        assert_eq!(value.len(), 64);
        assert!(value.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(all.iter().filter(|other| *other == value).count(), 1);
    }
    assert!(State::from_stored("abc").matches("abc"));
    for other in ["", "ab", "abcd", "abd"] {
        assert!(!State::from_stored("abc").matches(other));
    }
}

#[test]
fn the_login_pages_address_holds_what_line_asks_for() {
    let (state, nonce) = (State::random(), Nonce::random());
    let verifier = CodeVerifier::from_stored("wJKN8qz5t8SSI9lMFhBB6qwNkQBkuPZoCxzRhwLRUo1");
    let request = AuthorizeRequest {
        state: &state,
        nonce: &nonce,
        verifier: &verifier,
        scopes: &[Scope::OpenId, Scope::Profile],
        bot_prompt: Some(BotPrompt::Aggressive),
        disable_auto_login: true,
        ui_locales: Some("zh-TW"),
    };
    let login = login(&Url::parse("https://api.line.me").unwrap());
    let url = login.authorize_url(&request);
    assert!(
        url.as_str()
            .starts_with("https://access.line.me/oauth2/v2.1/authorize?")
    );
    assert!(url.as_str().contains("scope=openid%20profile"), "{url}");
    let asked: HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(asked.len(), url.query_pairs().count(), "no parameter twice");
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose().as_bytes()));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "1656000000"),
        ("redirect_uri", "https://kaiin.example/auth/callback"),
        ("state", state.expose()),
        ("nonce", nonce.expose()),
        ("scope", "openid profile"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("bot_prompt", "aggressive"),
        ("disable_auto_login", "true"),
        ("ui_locales", "zh-TW"),
    ] {
        assert_eq!(asked.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(
        !url.as_str().contains("0123456789abcdef"),
        "the secret stays at home"
    );

    let plain = AuthorizeRequest {
        bot_prompt: None,
        disable_auto_login: false,
        ui_locales: None,
        ..request
    };
    let plain = login.authorize_url(&plain);
    for absent in ["bot_prompt", "disable_auto_login", "ui_locales"] {
        assert!(!plain.as_str().contains(absent));
    }
}

#[tokio::test]
async fn l28_the_code_goes_out_with_the_verifier_and_the_secret_in_the_body() {
    let receiver = Receiver::answering([Reply::json(200, &granted())]).await;
    let tokens = exchange(&login(&receiver.base)).await.unwrap();
    assert_eq!(tokens.access_token.expose_secret(), "access");
    assert_eq!(tokens.id_token.expose_secret(), "id.to.ken");
    assert_eq!(tokens.refresh_token.unwrap().expose_secret(), "refresh");
    assert_eq!(tokens.expires_in, Some(Duration::from_hours(720)));
    assert_eq!(tokens.scope, ["profile", "openid"]);

    let seen = receiver.only();
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/oauth2/v2.1/token")
    );
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(
        seen.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let mut form = seen.form();
    form.sort();
    let expected = [
        ("client_id", "1656000000"),
        ("client_secret", "0123456789abcdef0123456789abcdef"),
        ("code", "the+code/="),
        ("code_verifier", "the-verifier"),
        ("grant_type", "authorization_code"),
        ("redirect_uri", "https://kaiin.example/auth/callback"),
    ];
    assert_eq!(
        form,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[tokio::test]
async fn l14_a_refused_code_is_told_with_lines_reason() {
    let body =
        json!({ "error": "invalid_grant", "error_description": "invalid authorization code" });
    let receiver = Receiver::answering([Reply::json(400, &body)]).await;
    let error = exchange(&login(&receiver.base)).await.unwrap_err();
    assert!(
        matches!(&error, LoginError::Refused { code: Some(code), .. } if code == "invalid_grant"),
        "{error:?}"
    );
    // Nothing of LINE's free text, and nothing that only looks like a code.
    let receiver = Receiver::answering([
        Reply::json(400, &json!({ "error": "<b>" })),
        Reply::new(401, "no"),
    ])
    .await;
    for _ in 0..2 {
        let error = exchange(&login(&receiver.base)).await.unwrap_err();
        assert!(matches!(error, LoginError::Refused { code: None, .. }));
    }
}

#[tokio::test]
async fn l15_an_outage_is_told_and_the_code_is_not_tried_again() {
    for status in [429, 500, 503] {
        let receiver =
            Receiver::answering([Reply::json(status, &json!({ "error": "server_error" }))]).await;
        let error = exchange(&login(&receiver.base)).await.unwrap_err();
        assert!(
            matches!(error, LoginError::Unavailable(Outage::Status(_))),
            "{error:?}"
        );
        assert_eq!(receiver.seen().len(), 1);
    }
    let receiver = Receiver::answering([Reply::hang()]).await;
    let limits = Limits {
        connect: Duration::from_secs(2),
        total: Duration::from_millis(300),
    };
    let access = Url::parse("https://access.line.me").unwrap();
    let login_here = Login::new(
        http_client::client(limits),
        channel(),
        &access,
        receiver.base.clone(),
    );
    let error = exchange(&login_here).await.unwrap_err();
    assert!(
        matches!(error, LoginError::Unavailable(Outage::Transport(_))),
        "{error:?}"
    );
    assert_eq!(receiver.seen().len(), 1);
    let error = exchange(&login(&nobody().await)).await.unwrap_err();
    assert!(
        matches!(error, LoginError::Unavailable(Outage::Transport(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn l16_an_answer_that_is_not_lines_is_refused() {
    let mut without = granted();
    without.as_object_mut().unwrap().remove("id_token");
    let receiver = Receiver::answering([Reply::json(200, &without)]).await;
    let error = exchange(&login(&receiver.base)).await.unwrap_err();
    assert!(matches!(
        error,
        LoginError::InvalidIdToken(InvalidIdToken::Absent)
    ));

    for odd in [
        Reply::new(200, ""),
        Reply::new(200, "<html>"),
        Reply::json(200, &json!([])),
        Reply::json(200, &json!({ "id_token": "only" })),
        Reply::json(
            200,
            &json!({ "access_token": 7, "token_type": "Bearer", "id_token": "x" }),
        ),
        Reply::new(200, format!("{}{}", granted(), " ".repeat(5_000_000))),
    ] {
        let receiver = Receiver::answering([odd]).await;
        let error = exchange(&login(&receiver.base)).await.unwrap_err();
        assert!(matches!(error, LoginError::Unexpected(_)), "{error:?}");
    }
}

#[tokio::test]
async fn l46_a_redirect_gets_neither_code_nor_secret() {
    for status in [302, 307, 308] {
        let evil = Receiver::answering([Reply::json(200, &granted())]).await;
        let redirect = Reply::new(status, "").header("location", evil.base.to_string());
        let receiver = Receiver::answering([redirect]).await;
        let error = exchange(&login(&receiver.base)).await.unwrap_err();
        assert!(matches!(error, LoginError::Unexpected(_)), "{error:?}");
        assert!(evil.seen().is_empty());
    }
}

#[tokio::test]
async fn user_info_and_friendship_are_asked_with_the_persons_token() {
    let receiver = Receiver::answering([
        Reply::json(
            200,
            &json!({ "sub": "Ua11ce000000000000000000000000000", "name": "Alice" }),
        ),
        Reply::json(200, &json!({ "friendFlag": true })),
        Reply::json(200, &json!({ "sub": "somebody" })),
        Reply::json(401, &json!({ "message": "expired" })),
    ])
    .await;
    let login = login(&receiver.base);
    let info = login.userinfo(&token()).await.unwrap();
    assert_eq!(info.user_id.as_str(), "Ua11ce000000000000000000000000000");
    assert_eq!(info.name.unwrap().as_str(), "Alice");
    assert!(login.is_friend(&token()).await.unwrap());
    assert!(matches!(
        login.userinfo(&token()).await,
        Err(LoginError::Unexpected(_))
    ));
    assert!(matches!(
        login.is_friend(&token()).await,
        Err(LoginError::Refused { .. })
    ));
    let seen = receiver.seen();
    assert_eq!(
        (seen[0].path.as_str(), seen[1].path.as_str()),
        ("/oauth2/v2.1/userinfo", "/friendship/v1/status")
    );
    for seen in seen {
        assert_eq!(seen.method, "GET");
        assert_eq!(
            seen.header("authorization"),
            Some("Bearer a-persons-access-token")
        );
    }
}

#[tokio::test]
async fn a_token_is_dead_where_line_says_so_and_only_there() {
    let verified = |client: &str, seconds: i64| json!({ "scope": "openid", "client_id": client, "expires_in": seconds });
    let dead = json!({ "error": "invalid_request", "error_description": "access token revoked" });
    for (reply, expected) in [
        (Reply::json(200, &verified("1656000000", 60)), Some(true)),
        (Reply::json(200, &verified("1656000000", 0)), Some(false)),
        (Reply::json(200, &verified("1999999999", 60)), Some(false)),
        (Reply::json(400, &dead), Some(false)),
        (
            Reply::json(400, &json!({ "error": "invalid_client" })),
            None,
        ),
        // Somebody else's 400.
        (Reply::new(400, "<h1>Bad Request</h1>"), None),
        (Reply::json(403, &json!({ "message": "no" })), None),
        (Reply::json(429, &dead), None),
        (Reply::json(500, &dead), None),
        (Reply::new(200, "{}"), None),
    ] {
        let receiver = Receiver::answering([reply]).await;
        let answer = login(&receiver.base).is_live(&token()).await;
        assert_eq!(answer.ok(), expected);
        let seen = receiver.only();
        assert_eq!(
            (seen.method.as_str(), seen.path.as_str()),
            (
                "GET",
                "/oauth2/v2.1/verify?access_token=a-persons-access-token"
            )
        );
    }
    // The token is in the address: no error repeats it.
    let error = login(&nobody().await).is_live(&token()).await.unwrap_err();
    let said = format!("{error:?} {}", service_kit::telemetry::chain(&error));
    assert!(!said.contains("a-persons-access-token"), "{said}");
}

#[tokio::test]
async fn a_token_is_revoked_with_the_channels_secret() {
    let receiver = Receiver::answering([Reply::new(200, "")]).await;
    login(&receiver.base).revoke(&token()).await.unwrap();
    let seen = receiver.only();
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/oauth2/v2.1/revoke")
    );
    let form: HashMap<_, _> = seen.form().into_iter().collect();
    assert_eq!(form["access_token"], "a-persons-access-token");
    assert_eq!(form["client_id"], "1656000000");
    assert_eq!(form["client_secret"], "0123456789abcdef0123456789abcdef");
}

#[tokio::test]
async fn deauthorize_uses_a_fresh_token_of_the_channel() {
    let stateless =
        json!({ "token_type": "Bearer", "access_token": "channel-token", "expires_in": 900 });
    let receiver = Receiver::answering([
        Reply::json(200, &stateless),
        Reply::new(204, ""),
        Reply::json(200, &stateless),
        Reply::json(400, &json!({ "message": "invalid token" })),
    ])
    .await;
    let login = login(&receiver.base);
    login.deauthorize(&token()).await.unwrap();
    assert!(matches!(
        login.deauthorize(&token()).await,
        Err(LoginError::Refused { .. })
    ));

    let seen = receiver.seen();
    assert_eq!(seen[0].path, "/oauth2/v3/token");
    let form: HashMap<_, _> = seen[0].form().into_iter().collect();
    assert_eq!(form["grant_type"], "client_credentials");
    assert_eq!(form["client_secret"], "0123456789abcdef0123456789abcdef");
    assert_eq!(
        (seen[1].method.as_str(), seen[1].path.as_str()),
        ("POST", "/user/v1/deauthorize")
    );
    assert_eq!(
        seen[1].header("authorization"),
        Some("Bearer channel-token")
    );
    assert_eq!(
        seen[1].json(),
        json!({ "userAccessToken": "a-persons-access-token" })
    );
}
