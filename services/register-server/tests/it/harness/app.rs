use std::path::Path;

use clap::Parser as _;
use member_session::{FormKind, Session, session_path};
use register_server::{App, Config};
use service_kit::{Clock, Profile, Timestamp};
use tempfile::TempDir;
use testkit::Database;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::line::{CHANNEL, SECRET};
use super::users::TOKEN;
use super::{Answer, Browser, FakeLine, FakeUsers, Journal, Rows};

/// The website as browsers see it; the tests' browsers go straight to the service.
pub(crate) const PUBLIC_URL: &str = "https://member.example.test";

/// The service between its neighbours, on a clock that stands still.
pub(crate) struct TestApp {
    pub(crate) line: FakeLine,
    pub(crate) users: FakeUsers,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    pub(crate) config: Config,
    replica: Replica,
    /// If it is the test's own, it goes with the test.
    database: Option<Database>,
    _folder: TempDir,
}

/// One process of the service.
pub(crate) struct Replica {
    pub(crate) base: Url,
    pub(crate) internal: Url,
    stop: CancellationToken,
    served: JoinHandle<anyhow::Result<()>>,
}

/// Settings that work, for a store at `database_url` and a token in `folder`.
pub(crate) fn settings(
    folder: &Path,
    database_url: &str,
    line: &Url,
    users: &Url,
    clock: &Clock,
) -> Config {
    let token_file = folder.join("token");
    std::fs::write(&token_file, TOKEN).unwrap();
    let mut config = Config::parse_from([
        "register-server",
        "--database-url",
        database_url,
        "--public-url",
        PUBLIC_URL,
        "--line-login-channel-id",
        CHANNEL,
        "--line-login-channel-secret",
        SECRET,
        "--line-api-base",
        line.as_str(),
        "--line-access-base",
        line.as_str(),
        "--users-api",
        users.as_str(),
        "--service-token-file",
        token_file.to_str().unwrap(),
        "--listen-addr",
        "127.0.0.1:0",
        "--internal-addr",
        "127.0.0.1:0",
    ]);
    config.profile = Profile::Dev;
    config.clock = clock.clone();
    config
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same, with settings of the test's own.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let database = Database::fresh();
        let mut app = Self::start_on(&database.url(), change).await;
        app.database = Some(database);
        app
    }

    /// The same on a store that is somebody else's to tidy.
    pub(crate) async fn start_at(database_url: &str) -> Self {
        Self::start_on(database_url, |_| {}).await
    }

    async fn start_on(database_url: &str, change: impl FnOnce(&mut Config)) -> Self {
        let clock = Clock::manual(Timestamp::from_seconds(1_790_000_000));
        let journal = Journal::default();
        let line = FakeLine::start(clock.clone(), journal.clone()).await;
        let users = FakeUsers::start(clock.clone(), journal.clone()).await;
        let folder = tempfile::tempdir().unwrap();
        let mut config = settings(folder.path(), database_url, &line.url, &users.url, &clock);
        change(&mut config);
        let replica = Replica::start(config.clone()).await;
        // Browsers find it again after a restart.
        config.listen_addr = replica.base.socket_addrs(|| None).unwrap()[0];
        Self {
            line,
            users,
            journal,
            clock,
            config,
            replica,
            database: None,
            _folder: folder,
        }
    }

    /// Stops the service and starts it again on the same store.
    pub(crate) async fn restart(mut self) -> Self {
        self.replica.stop().await;
        self.replica = Replica::start(self.config.clone()).await;
        self
    }

    /// Another process of the service on the same store.
    pub(crate) async fn another(&self) -> Replica {
        let mut config = self.config.clone();
        config.listen_addr.set_port(0);
        Replica::start(config).await
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.replica.base.clone())
    }

    /// Whoever asks after its health.
    pub(crate) fn orchestrator(&self) -> Browser {
        Browser::new(self.replica.internal.clone())
    }

    /// The store, seen beside the service.
    pub(crate) async fn rows(&self) -> Rows {
        Rows::of(&self.config).await
    }

    /// Comes back from LINE with `code`, for the attempt that `started`.
    pub(crate) async fn come_back(
        &self,
        browser: &Browser,
        started: &Answer,
        code: &str,
    ) -> Answer {
        let state = started.parameter("state");
        browser
            .get(&format!("/auth/callback?code={code}&state={state}"))
            .await
    }

    /// Signs `person` in, in English; answers the callback's answer.
    pub(crate) async fn sign_in(&self, browser: &Browser, person: &str) -> Answer {
        let started = browser.get("/auth/login?lang=en").await;
        let code = self.line.consent(&started.line_page(), person);
        self.come_back(browser, &started, &code).await
    }

    /// A browser in which `person` is signed in.
    pub(crate) async fn signed_in(&self, person: &str) -> Browser {
        let browser = self.browser();
        assert!(
            self.sign_in(&browser, person)
                .await
                .location()
                .starts_with("/en/")
        );
        assert!(self.session(&browser).await.visitor.is_some());
        browser
    }

    /// What register-client is told for a page without a form.
    pub(crate) async fn session(&self, browser: &Browser) -> Session {
        self.drawn(browser, None).await
    }

    /// What register-client is told for a page that shows this form.
    pub(crate) async fn drawn(&self, browser: &Browser, shown: Option<FormKind>) -> Session {
        let answer = browser.draw(&session_path(shown)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.headers["cache-control"], "no-store");
        serde_json::from_slice(&answer.body).unwrap()
    }
}

impl Replica {
    async fn start(config: Config) -> Self {
        let app = App::build(config).await.unwrap();
        let url = |address| Url::parse(&format!("http://{address}")).unwrap();
        let (base, internal) = (url(app.public_addr()), url(app.internal_addr()));
        let stop = CancellationToken::new();
        let served = tokio::spawn(app.serve(stop.clone().cancelled_owned()));
        Self {
            base,
            internal,
            stop,
            served,
        }
    }

    async fn stop(&mut self) {
        self.stop.cancel();
        (&mut self.served).await.unwrap().unwrap();
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
