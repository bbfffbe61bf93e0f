use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use axum::Router;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use service_kit::Clock;
use tokio::net::TcpListener;
use url::Url;

use super::Journal;

pub(crate) const CHANNEL: &str = "1234567890";
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
const ACCESS_TOKEN: &str = "canary-access-token-";

/// The token that LINE gives for this person.
pub(crate) fn access_token(person: &str) -> String {
    format!("{ACCESS_TOKEN}{person}")
}

/// LINE Login as far as a website sees it, and as wrong as a test wants it.
#[derive(Clone)]
pub(crate) struct FakeLine {
    pub(crate) url: Url,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    codes: HashMap<String, Code>,
    token_forms: Vec<HashMap<String, String>>,
    token_reply: Option<Reply>,
    verify_reply: Option<Reply>,
    unlink_reply: Option<Reply>,
    userinfo_reply: Option<Reply>,
    deauthorized: Vec<String>,
    friend: bool,
}

struct Code {
    id_token: String,
    access_token: String,
    challenge: String,
}

/// An answer other than LINE's.
#[derive(Clone)]
pub(crate) enum Reply {
    Status(u16),
    Refusal(&'static str),
    Body(String),
    Redirect(String),
    Hang,
}

/// An ID token before it is written down.
pub(crate) struct IdToken {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) key: Vec<u8>,
    /// Instead of the HMAC.
    pub(crate) signature: Option<Vec<u8>>,
}

impl IdToken {
    fn write(&self) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&self.header), part(&self.claims));
        let algorithm = match self.header["alg"].as_str() {
            Some("HS512") => hmac::HMAC_SHA512,
            _ => hmac::HMAC_SHA256,
        };
        let key = hmac::Key::new(algorithm, &self.key);
        let signature = self
            .signature
            .clone()
            .unwrap_or_else(|| hmac::sign(&key, text.as_bytes()).as_ref().to_vec());
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

impl FakeLine {
    pub(crate) async fn start(clock: Clock, journal: Journal) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let line = Self {
            url: Url::parse(&url).unwrap(),
            journal,
            clock,
            inner: Arc::default(),
        };
        let router = Router::new()
            .route("/oauth2/v2.1/token", post(token))
            .route("/friendship/v1/status", get(friendship))
            .route("/oauth2/v2.1/userinfo", get(userinfo))
            .route("/oauth2/v2.1/verify", get(verify))
            .route("/oauth2/v2.1/revoke", post(revoke))
            .route("/oauth2/v3/token", post(channel_token))
            .route("/user/v1/deauthorize", post(deauthorize))
            .with_state(line.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        line
    }

    /// `person` says yes on the page at `authorize`: the code that LINE sends them back with.
    pub(crate) fn consent(&self, authorize: &Url, person: &str) -> String {
        self.consent_with(authorize, person, |_| {})
    }

    /// The same, with an ID token that something is wrong with.
    pub(crate) fn consent_with(
        &self,
        authorize: &Url,
        person: &str,
        spoil: impl FnOnce(&mut IdToken),
    ) -> String {
        let query: HashMap<_, _> = authorize.query_pairs().collect();
        let now = self.clock.now().as_seconds();
        let mut id_token = IdToken {
            header: json!({"typ": "JWT", "alg": "HS256"}),
            claims: json!({
                "iss": "https://access.line.me", "sub": person, "aud": CHANNEL, "exp": now + 3600,
                "iat": now, "nonce": query["nonce"], "amr": ["pwd"], "name": "Canary Name",
                "picture": "https://profile.line-scdn.net/canary",
            }),
            key: SECRET.as_bytes().to_vec(),
            signature: None,
        };
        spoil(&mut id_token);
        let mut inner = self.inner.lock().unwrap();
        let code = format!("canary-code-{}", inner.codes.len());
        let kept = Code {
            id_token: id_token.write(),
            access_token: access_token(person),
            challenge: query["code_challenge"].to_string(),
        };
        inner.codes.insert(code.clone(), kept);
        code
    }

    /// From now on the token endpoint answers this.
    pub(crate) fn answer_token(&self, reply: Reply) {
        self.inner.lock().unwrap().token_reply = Some(reply);
    }

    /// From now on LINE, asked whether a token lives, answers this.
    pub(crate) fn answer_verify(&self, reply: Reply) {
        self.inner.lock().unwrap().verify_reply = Some(reply);
    }

    /// From now on deauthorize and revoke answer this.
    pub(crate) fn answer_unlink(&self, reply: Reply) {
        self.inner.lock().unwrap().unlink_reply = Some(reply);
    }

    /// From now on LINE, asked whose a token is, answers this.
    pub(crate) fn answer_userinfo(&self, reply: Reply) {
        self.inner.lock().unwrap().userinfo_reply = Some(reply);
    }

    /// From now on people are friends of the bot.
    pub(crate) fn befriend(&self) {
        self.inner.lock().unwrap().friend = true;
    }

    /// What was posted to the token endpoint.
    pub(crate) fn token_forms(&self) -> Vec<HashMap<String, String>> {
        self.inner.lock().unwrap().token_forms.clone()
    }

    /// The user tokens that were deauthorized.
    pub(crate) fn deauthorized(&self) -> Vec<String> {
        self.inner.lock().unwrap().deauthorized.clone()
    }

    fn issue(&self, form: &HashMap<String, String>) -> Response {
        let refused = || (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#).into_response();
        let code = self.inner.lock().unwrap().codes.remove(&form["code"]);
        let Some(code) = code else {
            return refused();
        };
        let verifier = form
            .get("code_verifier")
            .map(String::as_str)
            .unwrap_or_default();
        let challenge = digest(&SHA256, verifier.as_bytes());
        if BASE64_URL_SAFE_NO_PAD.encode(challenge) != code.challenge {
            return refused();
        }
        json_answer(&json!({
            "access_token": code.access_token, "expires_in": 2_592_000, "id_token": code.id_token,
            "refresh_token": "canary-refresh-token", "scope": "openid profile", "token_type": "Bearer",
        }))
    }
}

fn json_answer(value: &Value) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        value.to_string(),
    )
        .into_response()
}

async fn reply(reply: Reply) -> Response {
    match reply {
        Reply::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Reply::Refusal(code) => (
            StatusCode::BAD_REQUEST,
            json!({ "error": code }).to_string(),
        )
            .into_response(),
        Reply::Body(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Reply::Redirect(to) => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response()
        }
        Reply::Hang => std::future::pending().await,
    }
}

async fn token(
    State(line): State<FakeLine>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    line.journal.note("token");
    let other = {
        let mut inner = line.inner.lock().unwrap();
        inner.token_forms.push(form.clone());
        inner.token_reply.clone()
    };
    match other {
        Some(other) => reply(other).await,
        None => line.issue(&form),
    }
}

async fn friendship(State(line): State<FakeLine>) -> Response {
    let friend = line.inner.lock().unwrap().friend;
    json_answer(&json!({ "friendFlag": friend }))
}

async fn userinfo(State(line): State<FakeLine>, headers: HeaderMap) -> Response {
    let other = line.inner.lock().unwrap().userinfo_reply.clone();
    let bearer = headers[header::AUTHORIZATION].to_str().unwrap();
    let person = bearer.rsplit('-').next().unwrap();
    match other {
        Some(other) => reply(other).await,
        None => json_answer(&json!({ "sub": person, "name": "Canary Name" })),
    }
}

async fn verify(State(line): State<FakeLine>) -> Response {
    let other = line.inner.lock().unwrap().verify_reply.clone();
    match other {
        Some(other) => reply(other).await,
        None => json_answer(&json!({ "client_id": CHANNEL, "expires_in": 60, "scope": "openid" })),
    }
}

async fn revoke(State(line): State<FakeLine>) -> Response {
    line.journal.note("revoke");
    let other = line.inner.lock().unwrap().unlink_reply.clone();
    reply(other.unwrap_or(Reply::Status(200))).await
}

async fn channel_token(Form(form): Form<HashMap<String, String>>) -> Response {
    assert_eq!(form["client_id"], CHANNEL);
    json_answer(&json!({"access_token": "channel", "token_type": "Bearer", "expires_in": 900}))
}

async fn deauthorize(State(line): State<FakeLine>, headers: HeaderMap, body: String) -> Response {
    line.journal.note("deauthorize");
    assert_eq!(headers[header::AUTHORIZATION], "Bearer channel");
    let body: Value = serde_json::from_str(&body).unwrap();
    let other = {
        let mut inner = line.inner.lock().unwrap();
        let token = body["userAccessToken"].as_str().unwrap().to_owned();
        inner.deauthorized.push(token);
        inner.unlink_reply.clone()
    };
    reply(other.unwrap_or(Reply::Status(204))).await
}
