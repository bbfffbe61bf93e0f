//! The whole way against the simulator, which reads LINE's reference by itself.

use http::Method;
use register_server::App;
use serde_json::{Value, json};
use service_kit::{Clock, Timestamp};
use simulator::Simulator;
use tempfile::TempDir;
use testkit::Database;
use url::Url;

use crate::harness::{ALICE, Answer, Browser, FakeUsers, Journal, PUBLIC_URL, settings};

/// A website, the simulated LINE, and a person with a phone.
struct Journey {
    /// At the website.
    browser: Browser,
    /// At the simulator.
    phone: Browser,
    users: FakeUsers,
    _database: Database,
    _folder: TempDir,
}

impl Journey {
    async fn start() -> Self {
        let clock = Clock::manual(Timestamp::from_seconds(1_790_000_000));
        let mut line = simulator::Config::ephemeral();
        line.clock = clock.clone();
        line.callback_urls = vec![format!("{PUBLIC_URL}/auth/callback")];
        let line = Simulator::build(line).await.unwrap();
        let url = Url::parse(&line.url()).unwrap();
        let credentials = line.credentials().clone();
        tokio::spawn(line.serve(std::future::pending()));

        let users = FakeUsers::start(clock.clone(), Journal::default()).await;
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
            _database: database,
            _folder: folder,
        };
        let alice = json!({"id": ALICE, "name": "Alice", "friend": true});
        journey.tell("/_sim/people", &alice).await;
        journey
    }

    async fn tell(&self, path: &str, body: &Value) -> Value {
        let answer = self
            .phone
            .send(self.phone.request(Method::POST, path).json(body))
            .await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// What the simulator says of Alice.
    async fn alice(&self) -> Value {
        let answer = self.phone.get(&format!("/_sim/people/{ALICE}")).await;
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// Alice decides on LINE's page; answers what the website then says.
    async fn decide(&self, started: &Answer, allow: bool) -> Answer {
        let decision = json!({"url": started.location(), "allow": allow});
        let path = format!("/_sim/people/{ALICE}/authorize");
        let back = self.tell(&path, &decision).await["location"].clone();
        self.follow(back.as_str().unwrap()).await
    }

    /// The browser is sent back to the website.
    async fn follow(&self, back: &str) -> Answer {
        let path = back.strip_prefix(PUBLIC_URL).unwrap();
        let answer = self.browser.get(path).await;
        self.browser.draw("/member/session").await;
        answer
    }
}

#[tokio::test]
async fn somebody_registers_and_leaves() {
    let journey = Journey::start().await;
    let started = journey.browser.get("/auth/login?lang=en").await;
    assert_eq!(
        journey.decide(&started, true).await.location(),
        "/en/register"
    );
    assert_eq!(
        journey.alice().await["granted"],
        json!(["openid", "profile"])
    );

    let form = [
        ("display_name", "Alice"),
        ("language", "en"),
        ("consent.terms", "1"),
    ];
    assert_eq!(
        journey.browser.post("/member", &form).await.location(),
        "/en/welcome"
    );
    let session = journey.browser.get("/member/session").await;
    let session: member_session::Session = serde_json::from_slice(&session.body).unwrap();
    assert_eq!(
        session.visitor.unwrap().display_name.as_deref(),
        Some("Alice")
    );
    let friendship = session.membership.unwrap().friendship;
    assert_eq!(
        friendship,
        member_session::Friendship::Following,
        "LINE said so at sign-in"
    );

    let left = journey
        .browser
        .post("/member/leave", &[("page_language", "en")])
        .await;
    assert_eq!(left.location(), "/en/goodbye");
    assert_eq!(
        journey.alice().await["granted"],
        json!([]),
        "deauthorized at LINE"
    );
    assert!(journey.users.get(ALICE).is_none());
}

#[tokio::test]
async fn somebody_says_no() {
    let journey = Journey::start().await;
    let started = journey.browser.get("/auth/login?lang=ja").await;
    let answer = journey.decide(&started, false).await;
    assert_eq!(answer.location(), "/ja/sign-in-failed/cancelled");
}

#[tokio::test]
async fn a_failed_auto_login_is_overcome_by_the_retry() {
    let journey = Journey::start().await;
    let fault = json!({"on": "authorize", "answer": "auto_login_failure", "times": 2});
    journey.tell("/_sim/faults", &fault).await;
    let started = journey.browser.get("/auth/login?lang=zh-TW").await;
    let page = started.line_page();
    let failed = journey
        .phone
        .get(&format!("{}?{}", page.path(), page.query().unwrap()))
        .await;
    let answer = journey.follow(failed.location()).await;
    assert_eq!(answer.location(), "/zh-TW/sign-in-failed/expired");

    let retry = member_session::login_path(member_session::Language::ZhTw, true);
    let started = journey.browser.get(&retry).await;
    let page = started.line_page();
    let shown = journey
        .phone
        .get(&format!("{}?{}", page.path(), page.query().unwrap()))
        .await;
    assert_eq!(shown.status, 200, "LINE asks instead of failing");
    assert_eq!(
        journey.decide(&started, true).await.location(),
        "/zh-TW/register"
    );
}
