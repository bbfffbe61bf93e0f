//! The real service on a loopback port, with a database and keys of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use api_users::{App, Config};
use clap::Parser as _;
use http::{HeaderMap, Method, StatusCode};
use problem::Problem;
use reqwest::RequestBuilder;
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use service_auth::{Claims, SigningKey};
use service_kit::http_client::{self, Limits, read_bounded};
use service_kit::{Clock, Timestamp};
use tempfile::TempDir;
use testkit::Database;
use tokio::sync::oneshot;

use crate::conformance;
use crate::side::Side;

pub(crate) const ISSUER: &str = "https://kaiin.test";
pub(crate) const ALICE: &str = "U0a11ce00000000000000000000000000";
pub(crate) const BOB: &str = "U0b0b0000000000000000000000000000";
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// Callers, as the issuers file of every test knows them. The last is a service that may do nothing here.
pub(crate) const CALLERS: [&str; 7] = [
    "webhook",
    "register-server",
    "push-msg",
    "viewer",
    "editor",
    "admin",
    "register-client",
];
const SERVICES: [&str; 4] = ["webhook", "register-server", "push-msg", "register-client"];

pub(crate) struct TestApp {
    pub(crate) base: String,
    pub(crate) internal: String,
    pub(crate) clock: Clock,
    pub(crate) folder: TempDir,
    /// Where the service finds its database; not always the address of `database`.
    pub(crate) url: String,
    database: Arc<Database>,
    pub(crate) http: reqwest::Client,
    key: SigningKey,
    stop: Option<oneshot::Sender<()>>,
    running: tokio::task::JoinHandle<anyhow::Result<()>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        let database = Database::fresh();
        let url = database.url();
        Self::start_on(database, url).await
    }

    /// The service on this database, which it reaches at `url`.
    pub(crate) async fn start_on(database: Database, url: String) -> Self {
        let (folder, key) = keys();
        Self::start_in(folder, key, Clock::manual(START), Arc::new(database), url).await
    }

    async fn start_in(
        folder: TempDir,
        key: SigningKey,
        clock: Clock,
        database: Arc<Database>,
        url: String,
    ) -> Self {
        let config = config(folder.path(), &url, &clock);
        Self::start_as(config, folder, key, database, url).await
    }

    /// The service with these settings on a fresh database.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let database = Database::fresh();
        let url = database.url();
        let (folder, key) = keys();
        let mut config = config(folder.path(), &url, &Clock::manual(START));
        change(&mut config);
        Self::start_as(config, folder, key, Arc::new(database), url).await
    }

    async fn start_as(
        config: Config,
        folder: TempDir,
        key: SigningKey,
        database: Arc<Database>,
        url: String,
    ) -> Self {
        let clock = config.clock.clone();
        let app = App::build(config).await.unwrap();
        let (base, internal) = (app.public_addr(), app.internal_addr());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(app.serve(async {
            let _ = stopped.await;
        }));
        Self {
            base: format!("http://{base}"),
            internal: format!("http://{internal}"),
            clock,
            folder,
            url,
            database,
            http: http_client::client(Limits::default()),
            key,
            stop: Some(stop),
            running,
        }
    }

    /// Another replica on the same database, with the same keys.
    pub(crate) async fn replica(&self) -> Self {
        let key = SigningKey::load_or_create(&self.key_file(), "test").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let issuers = issuers(&key).to_string();
        std::fs::write(folder.path().join("issuers.json"), issuers).unwrap();
        let (database, url) = (Arc::clone(&self.database), self.url.clone());
        Self::start_in(folder, key, self.clock.clone(), database, url).await
    }

    /// Stops it as SIGTERM would and starts it again on the same database.
    pub(crate) async fn restart(mut self) -> Self {
        let _ = self.stop.take().unwrap().send(());
        self.running.await.unwrap().unwrap();
        Self::start_in(self.folder, self.key, self.clock, self.database, self.url).await
    }

    pub(crate) fn claims(&self, caller: &str) -> Claims {
        let service = SERVICES.contains(&caller);
        let now = self.clock.now().as_seconds();
        Claims {
            iss: ISSUER.into(),
            sub: if service {
                caller.into()
            } else {
                "someone".into()
            },
            aud: "api-users".into(),
            iat: now,
            exp: now + 600,
            role: (!service).then(|| caller.into()),
        }
    }

    pub(crate) fn sign(&self, claims: &Claims) -> String {
        self.key.sign(claims).unwrap().expose_secret().to_owned()
    }

    pub(crate) fn token(&self, caller: &str) -> String {
        self.sign(&self.claims(caller))
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    pub(crate) fn public_jwk(&self) -> Value {
        serde_json::to_value(self.key.jwk()).unwrap()
    }

    /// A request without a token.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) fn request(&self, caller: &str, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(self.token(caller))
    }

    pub(crate) async fn get(&self, caller: &str, path: &str) -> Answer {
        answer(self.request(caller, Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, caller: &str, path: &str) -> Answer {
        answer(self.request(caller, Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, caller: &str, path: &str, body: &Value) -> Answer {
        answer(self.request(caller, Method::POST, path).json(body)).await
    }

    pub(crate) async fn put(&self, caller: &str, path: &str, body: &Value) -> Answer {
        answer(self.request(caller, Method::PUT, path).json(body)).await
    }

    pub(crate) async fn patch(&self, caller: &str, path: &str, body: &Value) -> Answer {
        answer(self.request(caller, Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn register(&self, luid: &str) -> Answer {
        self.post("register-server", "/register", &candidate(luid))
            .await
    }

    /// The same, where hundreds register at once.
    pub(crate) async fn register_in_a_crowd(&self, luid: &str) -> Answer {
        let request = self.request("register-server", Method::POST, "/register");
        quick_answer(request.json(&candidate(luid))).await
    }

    pub(crate) async fn is_member(&self, luid: &str) -> bool {
        let answer = self
            .get("webhook", &format!("/users/{luid}/membership"))
            .await;
        answer.assert(200).json::<Value>()["member"] == true
    }

    pub(crate) async fn friendship_event(&self, luid: &str, state: &str, at: Timestamp, id: &str) {
        let body = json!({ "friendship": state, "event_at": at, "event_id": id });
        self.put("webhook", &format!("/users/{luid}/friendship"), &body)
            .await
            .assert(204);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A second look at the database, beside the service's own.
    pub(crate) async fn side(&self) -> Side {
        Side::connect(&self.database.url()).await
    }

    pub(crate) async fn execute(&self, sql: &str) {
        let mut side = self.side().await;
        side.execute(sql).await;
        side.close().await;
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        let mut side = self.side().await;
        let count = side.count(sql).await;
        side.close().await;
        count
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn assert(self, status: u16) -> Self {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status.as_u16(), status, "{body}");
        self
    }

    #[track_caller]
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The problem document, which every refusal must be.
    #[track_caller]
    pub(crate) fn problem(&self) -> Problem {
        assert_eq!(self.headers["content-type"], problem::CONTENT_TYPE);
        let problem: Problem = self.json();
        assert_eq!(problem.status, self.status.as_u16());
        assert_eq!(
            problem.request_id.as_deref(),
            self.headers["x-request-id"].to_str().ok()
        );
        problem
    }

    /// The fields that were refused.
    #[track_caller]
    pub(crate) fn pointers(&self) -> Vec<String> {
        let errors = self.problem().errors;
        errors.into_iter().map(|error| error.pointer).collect()
    }
}

/// What the service answers, which is what its document promises.
pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let asked = request.try_clone().and_then(|request| request.build().ok());
    let answer = quick_answer(request).await;
    if let Some(asked) = asked {
        conformance::check(asked.method(), asked.url(), &answer).await;
    }
    answer
}

/// What it answers where hundreds ask at once: not held against the document, which takes its time.
pub(crate) async fn quick_answer(request: RequestBuilder) -> Answer {
    read(http_client::send(request).await.unwrap()).await
}

/// The answer, to its end.
pub(crate) async fn read(response: reqwest::Response) -> Answer {
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: read_bounded(response, 64 * 1024 * 1024)
            .await
            .unwrap()
            .to_vec(),
    }
}

pub(crate) fn config(folder: &Path, url: &str, clock: &Clock) -> Config {
    let issuers = folder.join("issuers.json");
    let mut config = Config::try_parse_from([
        "api-users",
        "--listen-addr=127.0.0.1:0",
        "--internal-addr=127.0.0.1:0",
        "--profile=dev",
        // The clock stands still: nobody who was once sent away would ever be let through again.
        "--operator-rate=1000000",
        &format!("--database-url={url}"),
        &format!("--service-issuers={}", issuers.display()),
    ])
    .unwrap();
    config.clock = clock.clone();
    config
}

/// A folder with a key, and a file that says whom it speaks for.
fn keys() -> (TempDir, SigningKey) {
    let folder = tempfile::tempdir().unwrap();
    let key = SigningKey::load_or_create(&folder.path().join("key"), "test").unwrap();
    let issuers = issuers(&key).to_string();
    std::fs::write(folder.path().join("issuers.json"), issuers).unwrap();
    (folder, key)
}

pub(crate) fn issuers(key: &SigningKey) -> Value {
    let subjects: serde_json::Map<String, Value> = SERVICES
        .into_iter()
        .map(|name| (name.to_owned(), json!({ "role": name })))
        .collect();
    json!({ "issuers": [{
        "issuer": ISSUER,
        "algorithm": "ES256",
        "jwks": { "keys": [key.jwk()] },
        "subjects": subjects,
        "operators": { "key": "test", "roles": ["viewer", "editor", "admin"] },
    }] })
}

pub(crate) fn candidate(luid: &str) -> Value {
    json!({
        "luid": luid,
        "display_name": "Alice 愛麗絲",
        "picture_url": "https://profile.line-scdn.net/alice",
        "language": "zh-TW",
        "time_zone": "Asia/Taipei",
        "consents": [consent("news", true)],
        "signed_in_at": START,
    })
}

pub(crate) fn consent(purpose: &str, granted: bool) -> Value {
    json!({ "purpose": purpose, "version": "2026-01", "language": "zh-TW", "granted": granted, "channel": "website" })
}
