//! The app on a free port, with everything it talks to.

pub(crate) mod line;
pub(crate) mod record;
pub(crate) mod users;

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Parser as _;
use reqwest::Response;
use serde_json::{Value, json};
use service_kit::{Clock, Timestamp, http_client};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use webhook::{App, Config};

pub(crate) use line::{Fault, Line, Reply};
pub(crate) use record::BOUND;
pub(crate) use users::{Health, Users};

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const BOT: &str = "U00000000000000000000000000000b07";
pub(crate) const ALICE: &str = "Uaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const BOB: &str = "Ubbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
pub(crate) const GROUP: &str = "Cccccccccccccccccccccccccccccccccc";
pub(crate) const LINK: &str = "https://join.example/here";

/// When every test begins.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub(crate) struct TestApp {
    pub(crate) url: String,
    pub(crate) internal: String,
    pub(crate) line: Arc<Line>,
    pub(crate) users: Arc<Users>,
    pub(crate) clock: Clock,
    pub(crate) folder: TempDir,
    http: reqwest::Client,
    running: Option<Running>,
}

struct Running {
    stop: oneshot::Sender<()>,
    served: JoinHandle<anyhow::Result<()>>,
}

impl TestApp {
    /// Alice is a member, Bob is not.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let (line, users) = (Line::start().await, Users::start().await);
        users.add_member(ALICE, None);
        let mut app = Self {
            url: String::new(),
            internal: String::new(),
            line,
            users,
            clock: Clock::manual(START),
            folder: tempfile::tempdir().unwrap(),
            http: http_client::client(http_client::Limits::default()),
            running: None,
        };
        app.resume_with(change).await;
        app
    }

    /// Settings for this app; what it talks to stays the same.
    pub(crate) fn config(&self) -> Config {
        let token = self.folder.path().join("token");
        std::fs::write(&token, format!("{}\n", users::SERVICE_TOKEN)).unwrap();
        let database = format!("sqlite://{}", self.database().display());
        let mut config = Config::parse_from([
            "webhook",
            "--listen-addr=127.0.0.1:0",
            "--internal-addr=127.0.0.1:0",
            "--profile=dev",
            &format!("--line-channel-secret={SECRET}"),
            &format!("--line-channel-access-token={}", line::ACCESS_TOKEN),
            &format!("--website-link={LINK}"),
            &format!("--line-api-base={}", self.line.url),
            &format!("--users-api={}", self.users.url),
            &format!("--service-token-file={}", token.display()),
            &format!("--database-url={database}"),
        ]);
        config.clock = self.clock.clone();
        config
    }

    pub(crate) async fn resume(&mut self) {
        self.resume_with(|_| {}).await;
    }

    pub(crate) async fn resume_with(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = self.config();
        change(&mut config);
        let app = App::build(config).await.unwrap();
        self.url = format!("http://{}", app.public_addr());
        self.internal = format!("http://{}", app.internal_addr());
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(app.serve(async {
            let _ = stopped.await;
        }));
        self.running = Some(Running { stop, served });
    }

    /// Asks the app to stop; it has stopped when the handle is done.
    pub(crate) fn begin_stop(&mut self) -> JoinHandle<anyhow::Result<()>> {
        let running = self.running.take().unwrap();
        let _ = running.stop.send(());
        running.served
    }

    pub(crate) async fn stop(&mut self) {
        let stopped = tokio::time::timeout(BOUND, self.begin_stop()).await;
        stopped.unwrap().unwrap().unwrap();
    }

    /// Posts bytes with the right signature.
    pub(crate) async fn post(&self, body: impl Into<Vec<u8>>) -> Response {
        let body = body.into();
        let signature = sign(SECRET, &body);
        self.post_signed(body, &signature).await
    }

    pub(crate) async fn post_signed(&self, body: impl Into<Vec<u8>>, signature: &str) -> Response {
        let request = self.request(body).header("x-line-signature", signature);
        request.send().await.unwrap()
    }

    /// A request to the callback, not signed yet.
    pub(crate) fn request(&self, body: impl Into<Vec<u8>>) -> reqwest::RequestBuilder {
        let url = format!("{}/callback", self.url);
        let request = self.http.post(url).body(body.into());
        request.header("content-type", "application/json; charset=utf-8")
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.http
    }

    /// Delivers these events and is told 200.
    pub(crate) async fn deliver(&self, events: impl IntoIterator<Item = Value>) {
        let answer = self.post(delivery(events)).await;
        assert_eq!(answer.status(), 200);
    }

    /// Moves the app's clock.
    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// How often something was counted, such as `webhook_events_total{outcome="done"}`.
    pub(crate) async fn metric(&self, name: &str) -> usize {
        let answer = self.http.get(format!("{}/metrics", self.internal));
        let answer = answer.send().await.unwrap();
        let text = http_client::read_bounded(answer, 1 << 20).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0, |count| count.trim().parse().unwrap())
    }

    pub(crate) async fn events(&self, outcome: &str) -> usize {
        self.metric(&format!("webhook_events_total{{outcome=\"{outcome}\"}}"))
            .await
    }

    /// Waits until that many events ended so: `done`, `retried`, `parked`.
    pub(crate) async fn wait(&self, outcome: &str, count: usize) {
        let wait = async { while self.events(outcome).await < count {} };
        let waited = tokio::time::timeout(BOUND, wait).await;
        assert!(waited.is_ok(), "{count} events {outcome} in time");
    }

    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("inbox.db")
    }

    /// The inbox from outside, as another process would see it.
    pub(crate) async fn open_inbox(&self) -> SqlitePool {
        let options = SqliteConnectOptions::new().filename(self.database());
        SqlitePool::connect_with(options).await.unwrap()
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        let inbox = self.open_inbox().await;
        let count = sqlx::query_scalar(sql).fetch_one(&inbox).await.unwrap();
        inbox.close().await;
        count
    }
}

pub(crate) fn sign(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, body))
}

pub(crate) fn delivery(events: impl IntoIterator<Item = Value>) -> Vec<u8> {
    let events: Vec<_> = events.into_iter().collect();
    json!({ "destination": BOT, "events": events })
        .to_string()
        .into_bytes()
}
