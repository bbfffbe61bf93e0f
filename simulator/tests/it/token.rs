//! Codes and tokens, from the exchange to deauthorization.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::login::{consent, token};
use crate::stage::{Stage, read};

async fn logged_in(stage: &Stage, person: &str) -> Value {
    let callback = consent(stage, person, &[], json!({})).await;
    let (status, tokens) = token(stage, &callback["code"], &[]).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

async fn with_bearer(stage: &Stage, path: &str, token: &Value) -> (u16, Value) {
    read(
        stage
            .request(Method::GET, path)
            .bearer_auth(token.as_str().unwrap()),
    )
    .await
}

#[tokio::test]
async fn a_code_is_used_up_even_by_a_failed_exchange() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    for changes in [
        &[("code_verifier", "x")][..],
        &[("redirect_uri", "http://127.0.0.1:9/other")],
        &[("client_secret", "wrong")],
    ] {
        let callback = consent(&stage, &alice, &[], json!({})).await;
        assert_eq!(token(&stage, &callback["code"], changes).await.0, 400);
        let (status, answer) = token(&stage, &callback["code"], &[]).await;
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    }
}

#[tokio::test]
async fn a_code_lives_ten_minutes() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    for (seconds, status) in [(600, 200), (601, 400)] {
        let callback = consent(&stage, &alice, &[], json!({})).await;
        stage.pass(Duration::from_secs(seconds)).await;
        assert_eq!(token(&stage, &callback["code"], &[]).await.0, status);
    }
}

#[tokio::test]
async fn a_redirect_uri_that_differs_is_named() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let callback = consent(&stage, &alice, &[], json!({})).await;
    let changes = [("redirect_uri", "http://127.0.0.1:9/other")];
    let (_, answer) = token(&stage, &callback["code"], &changes).await;
    let expected =
        json!({"error": "invalid_grant", "error_description": "redirect_uri does not match"});
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn the_wrong_client_is_refused() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let callback = consent(&stage, &alice, &[], json!({})).await;
    let (status, answer) = token(&stage, &callback["code"], &[("client_secret", "x")]).await;
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_client")));
}

#[tokio::test]
async fn a_login_yields_tokens_and_the_person() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let tokens = logged_in(&stage, &alice).await;
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 2_592_000);
    assert_eq!(tokens["scope"], "openid profile");
    let access = &tokens["access_token"];
    let info = with_bearer(&stage, "/oauth2/v2.1/userinfo", access).await;
    assert_eq!(info, (200, json!({"sub": alice, "name": "Alice"})));
    let profile = with_bearer(&stage, "/v2/profile", access).await;
    assert_eq!(
        profile,
        (200, json!({"userId": alice, "displayName": "Alice"}))
    );
    let friend = with_bearer(&stage, "/friendship/v1/status", access).await;
    assert_eq!(friend, (200, json!({"friendFlag": true})));
    let path = format!(
        "/oauth2/v2.1/verify?access_token={}",
        access.as_str().unwrap()
    );
    let (_, verified) = read(stage.request(Method::GET, &path)).await;
    assert_eq!(verified["client_id"], stage.credentials.login_channel_id);
    assert_eq!(verified["expires_in"], 2_592_000);
}

#[tokio::test]
async fn a_refresh_token_gives_new_access_without_an_id_token() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let tokens = logged_in(&stage, &alice).await;
    let refresh = |token: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", &stage.credentials.login_channel_id),
            ("client_secret", &stage.credentials.login_channel_secret),
        ];
        read(
            stage
                .request(Method::POST, "/oauth2/v2.1/token")
                .form(&form),
        )
    };
    let (status, fresh) = refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(fresh["refresh_token"], tokens["refresh_token"]);
    assert_ne!(fresh["access_token"], tokens["access_token"]);
    assert!(fresh.get("id_token").is_none());
    let expected = json!({"error": "invalid_grant", "error_description": "invalid refresh token"});
    assert_eq!(refresh("x").await, (400, expected));
}

async fn channel_token(stage: &Stage) -> String {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &stage.credentials.login_channel_id),
        ("client_secret", &stage.credentials.login_channel_secret),
    ];
    let (status, answer) = read(stage.request(Method::POST, "/oauth2/v3/token").form(&form)).await;
    assert_eq!((status, &answer["expires_in"]), (200, &json!(900)));
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn deauthorizing_is_204_and_then_400() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let tokens = logged_in(&stage, &alice).await;
    let channel = channel_token(&stage).await;
    let body = json!({"userAccessToken": tokens["access_token"]});
    let deauthorize = |bearer: &str| {
        read(
            stage
                .request(Method::POST, "/user/v1/deauthorize")
                .bearer_auth(bearer)
                .json(&body),
        )
    };
    assert_eq!(
        deauthorize(&stage.credentials.channel_access_token).await.0,
        401
    );
    assert_eq!(deauthorize(&channel).await.0, 204);
    let expected = (400, json!({"message": "invalid token"}));
    assert_eq!(deauthorize(&channel).await, expected);
    assert_eq!(
        with_bearer(&stage, "/v2/profile", &tokens["access_token"])
            .await
            .0,
        401
    );
    let person = stage.look(&format!("/people/{alice}")).await;
    assert_eq!(person["granted"], json!([]));
}

#[tokio::test]
async fn revoking_ends_one_token_and_unlinking_ends_all() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let (one, two) = (
        logged_in(&stage, &alice).await,
        logged_in(&stage, &alice).await,
    );
    let form = [
        ("access_token", one["access_token"].as_str().unwrap()),
        ("client_id", &stage.credentials.login_channel_id),
        ("client_secret", &stage.credentials.login_channel_secret),
    ];
    let revoke = stage
        .request(Method::POST, "/oauth2/v2.1/revoke")
        .form(&form);
    assert_eq!(read(revoke).await, (200, Value::Null));
    assert_eq!(
        with_bearer(&stage, "/v2/profile", &one["access_token"])
            .await
            .0,
        401
    );
    assert_eq!(
        with_bearer(&stage, "/v2/profile", &two["access_token"])
            .await
            .0,
        200
    );
    stage
        .tell(&format!("/people/{alice}/unlink"), Value::Null)
        .await;
    assert_eq!(
        with_bearer(&stage, "/v2/profile", &two["access_token"])
            .await
            .0,
        401
    );
    assert_eq!(stage.bot.count(), 0);
}
