//! The app on a free port, with everything it talks to.

pub(crate) mod inbox;
pub(crate) mod line;
mod process;
pub(crate) mod record;
pub(crate) mod users;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Parser as _;
use reqwest::Response;
use serde_json::{Value, json};
use service_kit::database::DatabaseConfig;
use service_kit::{Clock, DatabaseKind, Timestamp, http_client};
use tempfile::TempDir;
use testkit::Database;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use webhook::{App, Config};

pub(crate) use inbox::Inbox;
pub(crate) use line::{Fault, Line, Reply};
use process::Process;
pub(crate) use record::BOUND;
pub(crate) use users::{Health, Users};

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const BOT: &str = "U00000000000000000000000000000b07";
pub(crate) const ALICE: &str = "Uaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const BOB: &str = "Ubbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
pub(crate) const GROUP: &str = "Cccccccccccccccccccccccccccccccccc";
pub(crate) const LINK: &str = "https://join.example/here";

/// How long whoever takes an event up has it without a word.
pub(crate) const LEASE: Duration = Duration::from_secs(12);

/// When every test begins.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// An app in a process of its own, which can be stopped, killed and started again.
pub(crate) struct TestApp {
    pub(crate) url: String,
    pub(crate) internal: String,
    pub(crate) line: Arc<Line>,
    pub(crate) users: Arc<Users>,
    pub(crate) clock: Clock,
    folder: TempDir,
    http: reqwest::Client,
    /// The body that was delivered last.
    delivered: Mutex<Vec<u8>>,
    running: Option<Running>,
    process: Option<Process>,
    pub(crate) database: Arc<Database>,
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
        let mut app = Self::on(Database::fresh()).await;
        app.resume_with(change).await;
        app
    }

    /// An app on this database that has yet to start.
    pub(crate) async fn on(database: Database) -> Self {
        let clock = Clock::manual(START);
        let (line, users) = (Line::start(clock.clone()).await, Users::start().await);
        users.add_member(ALICE, None);
        Self::among(line, users, clock, Arc::new(database))
    }

    /// Another app beside this one, with everything it talks to, that has yet to start.
    pub(crate) fn replica(&self) -> Self {
        Self::among(
            Arc::clone(&self.line),
            Arc::clone(&self.users),
            self.clock.clone(),
            Arc::clone(&self.database),
        )
    }

    fn among(line: Arc<Line>, users: Arc<Users>, clock: Clock, database: Arc<Database>) -> Self {
        Self {
            url: String::new(),
            internal: String::new(),
            line,
            users,
            clock,
            folder: tempfile::tempdir().unwrap(),
            http: http_client::client(http_client::Limits::default()),
            delivered: Mutex::new(delivery([])),
            running: None,
            process: None,
            database,
        }
    }

    /// Settings for this app; what it talks to stays the same.
    pub(crate) fn config(&self) -> Config {
        let token = self.folder.path().join("token");
        std::fs::write(&token, format!("{}\n", users::SERVICE_TOKEN)).unwrap();
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
        ]);
        config.database = DatabaseConfig::at(self.database.url());
        config.clock = self.clock.clone();
        config
    }

    pub(crate) async fn resume(&mut self) {
        self.resume_with(|_| {}).await;
    }

    pub(crate) async fn resume_with(&mut self, change: impl FnOnce(&mut Config)) {
        if let Some(stopped) = self.process.take() {
            self.end(stopped).await;
        }
        let mut config = self.config();
        change(&mut config);
        let process = Process::start();
        let app = process.run(App::build(config)).await.unwrap();
        self.url = format!("http://{}", app.public_addr());
        self.internal = format!("http://{}", app.internal_addr());
        let (stop, stopped) = oneshot::channel::<()>();
        let served = process.spawn(app.serve(async {
            let _ = stopped.await;
        }));
        self.running = Some(Running { stop, served });
        self.process = Some(process);
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

    /// Ends the app's process wherever it is. Whoever starts next may take up its events: those of a file at once, those of a
    /// server because so much time has passed.
    pub(crate) async fn kill(&mut self) {
        self.running = None;
        let killed = self.process.take().unwrap();
        self.end(killed).await;
        if self.database.kind() == DatabaseKind::Postgres {
            self.clock.advance(LEASE);
        }
    }

    async fn end(&self, process: Process) {
        process.kill().await;
        if self.database.kind() == DatabaseKind::Sqlite {
            process::let_go_of(&self.database.url()).await;
        }
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
        let body = delivery(events);
        self.delivered.lock().unwrap().clone_from(&body);
        assert_eq!(self.post(body).await.status(), 200);
    }

    /// Moves the clock, and has the worker look at what is due by now: whatever was delivered last comes again.
    pub(crate) async fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        let again = self.delivered.lock().unwrap().clone();
        assert_eq!(self.post(again).await.status(), 200);
    }

    /// How often something was counted, such as `webhook_events_total{outcome="done"}`.
    pub(crate) async fn metric(&self, name: &str) -> usize {
        let sample = self.sample(name).await;
        sample.map_or(0, |count| count.parse().unwrap())
    }

    /// A metric as it is exposed.
    pub(crate) async fn sample(&self, name: &str) -> Option<String> {
        let text = self.get_internal("/metrics").await.1;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map(|sample| sample.trim().to_owned())
    }

    /// The status and the text of a page that only operators see.
    pub(crate) async fn get_internal(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("{}{path}", self.internal));
        let answer = answer.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = http_client::read_bounded(answer, 1 << 20).await.unwrap();
        (status, String::from_utf8(text.to_vec()).unwrap())
    }

    pub(crate) async fn events(&self, outcome: &str) -> usize {
        self.metric(&format!("webhook_events_total{{outcome=\"{outcome}\"}}"))
            .await
    }

    /// Waits until that many events ended so: `done`, `retried`, `parked`.
    pub(crate) async fn wait(&self, outcome: &str, count: usize) {
        let mut turns = tokio::time::interval(record::PAUSE);
        let wait = async {
            while self.events(outcome).await < count {
                turns.tick().await;
            }
        };
        let waited = tokio::time::timeout(BOUND, wait).await;
        assert!(waited.is_ok(), "{count} events {outcome} in time");
    }

    /// Waits until it is so.
    pub(crate) async fn wait_for(&self, mut so: impl AsyncFnMut() -> bool) {
        let mut turns = tokio::time::interval(record::PAUSE);
        let wait = async {
            while !so().await {
                turns.tick().await;
            }
        };
        tokio::time::timeout(BOUND, wait).await.unwrap();
    }

    /// The inbox from outside.
    pub(crate) async fn inbox(&self) -> Inbox {
        Inbox::open(&self.database.url()).await
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        self.inbox().await.number(sql).await
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
