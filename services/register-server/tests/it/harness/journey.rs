use http::Method;
use member_session::Session;
use register_server::App;
use serde_json::{Value, json};
use service_kit::{Clock, Timestamp};
use simulator::Simulator;
use tempfile::TempDir;
use testkit::Database;
use url::Url;

use super::{ALICE, Answer, Browser, FakeUsers, Journal, PUBLIC_URL, settings};

/// A website, the simulated LINE, and a person with a phone.
pub(crate) struct Journey {
    /// At the website.
    pub(crate) browser: Browser,
    /// At the simulator.
    pub(crate) phone: Browser,
    pub(crate) users: FakeUsers,
    /// What the members' API was asked.
    pub(crate) journal: Journal,
    _database: Database,
    _folder: TempDir,
}

impl Journey {
    pub(crate) async fn start() -> Self {
        let clock = Clock::manual(Timestamp::from_seconds(1_790_000_000));
        let mut line = simulator::Config::ephemeral();
        line.clock = clock.clone();
        line.callback_urls = vec![format!("{PUBLIC_URL}/auth/callback")];
        let line = Simulator::build(line).await.unwrap();
        let url = Url::parse(&line.url()).unwrap();
        let credentials = line.credentials().clone();
        tokio::spawn(line.serve(std::future::pending()));

        let journal = Journal::default();
        let users = FakeUsers::start(clock.clone(), journal.clone()).await;
        let folder = tempfile::tempdir().unwrap();
        let database = Database::fresh();
        let mut config = settings(folder.path(), &database.url(), &url, &users.url, &clock);
        config.line_login_channel_id = credentials.login_channel_id;
        config.line_login_channel_secret = Some(credentials.login_channel_secret.into());
        let app = App::build(config).await.unwrap();
        let base = Url::parse(&format!("http://{}", app.public_addr())).unwrap();
        tokio::spawn(app.serve(std::future::pending()));

        let journey = Self {
            browser: Browser::new(base),
            phone: Browser::new(url),
            users,
            journal,
            _database: database,
            _folder: folder,
        };
        let alice = json!({"id": ALICE, "name": "Alice", "friend": true});
        journey.tell("/_sim/people", &alice).await;
        journey
    }

    pub(crate) async fn tell(&self, path: &str, body: &Value) -> Value {
        let answer = self
            .phone
            .send(self.phone.request(Method::POST, path).json(body))
            .await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// What the simulator says of Alice.
    pub(crate) async fn alice(&self) -> Value {
        let answer = self.phone.get(&format!("/_sim/people/{ALICE}")).await;
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// Alice decides on LINE's page; answers what the website then says.
    pub(crate) async fn decide(&self, started: &Answer, allow: bool) -> Answer {
        let decision = json!({"url": started.location(), "allow": allow});
        let path = format!("/_sim/people/{ALICE}/authorize");
        let back = self.tell(&path, &decision).await["location"].clone();
        self.follow(back.as_str().unwrap()).await
    }

    /// The browser is sent back to the website.
    pub(crate) async fn follow(&self, back: &str) -> Answer {
        let path = back.strip_prefix(PUBLIC_URL).unwrap();
        let answer = self.browser.get(path).await;
        self.browser.draw("/member/session").await;
        answer
    }

    /// The next call of this operation of LINE's goes wrong.
    pub(crate) async fn spoil(&self, operation: &str, answer: &Value) {
        let fault = json!({"on": operation, "answer": answer});
        self.tell("/_sim/faults", &fault).await;
    }

    /// Alice signs in; answers where she ends up.
    pub(crate) async fn sign_in(&self) -> String {
        let started = self.browser.get("/auth/login?lang=en").await;
        self.decide(&started, true).await.location().to_owned()
    }

    /// What the website's session says.
    pub(crate) async fn session(&self) -> Session {
        let answer = self.browser.draw("/member/session").await;
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// What LINE was asked by the website: the operations, in order.
    pub(crate) async fn calls(&self) -> Vec<Value> {
        let answer = self.phone.get("/_sim/calls").await;
        let calls: Value = serde_json::from_slice(&answer.body).unwrap();
        calls["calls"].as_array().unwrap().clone()
    }
}
