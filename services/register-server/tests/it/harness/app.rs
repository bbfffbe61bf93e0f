use std::path::Path;

use clap::Parser as _;
use member_session::{FormKind, Session, session_path};
use register_server::{App, Config};
use secrecy::ExposeSecret as _;
use service_kit::{Clock, Profile, Timestamp};
use sqlx::Connection as _;
use sqlx::SqliteConnection;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::line::{CHANNEL, SECRET};
use super::users::TOKEN;
use super::{Answer, Browser, FakeLine, FakeUsers, Journal};

/// The website as browsers see it; the tests' browsers go straight to the service.
pub(crate) const PUBLIC_URL: &str = "https://member.example.test";

/// The service between its neighbours, on a clock that stands still.
pub(crate) struct TestApp {
    pub(crate) line: FakeLine,
    pub(crate) users: FakeUsers,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    pub(crate) config: Config,
    folder: TempDir,
    base: Url,
    stop: CancellationToken,
    served: JoinHandle<anyhow::Result<()>>,
}

/// Settings that work, for a store in `folder`.
pub(crate) fn settings(folder: &Path, line: &Url, users: &Url, clock: &Clock) -> Config {
    let token_file = folder.join("token");
    std::fs::write(&token_file, TOKEN).unwrap();
    let mut config = Config::parse_from([
        "register-server",
        "--database-url",
        &format!("sqlite://{}", folder.join("register.db").display()),
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
        let clock = Clock::manual(Timestamp::from_seconds(1_790_000_000));
        let journal = Journal::default();
        let line = FakeLine::start(clock.clone(), journal.clone()).await;
        let users = FakeUsers::start(clock.clone(), journal.clone()).await;
        let folder = tempfile::tempdir().unwrap();
        let mut config = settings(folder.path(), &line.url, &users.url, &clock);
        let (base, stop, served) = serve(config.clone()).await;
        // Browsers find it again after a restart.
        config.listen_addr = base.socket_addrs(|| None).unwrap()[0];
        Self {
            line,
            users,
            journal,
            clock,
            config,
            folder,
            base,
            stop,
            served,
        }
    }

    /// Stops the service and starts it again on the same store.
    pub(crate) async fn restart(mut self) -> Self {
        self.stop.cancel();
        (&mut self.served).await.unwrap().unwrap();
        (self.base, self.stop, self.served) = serve(self.config.clone()).await;
        self
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.base.clone())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The store, read beside the service.
    pub(crate) async fn database(&self) -> SqliteConnection {
        SqliteConnection::connect(self.config.database.url().unwrap().expose_secret())
            .await
            .unwrap()
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

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn serve(config: Config) -> (Url, CancellationToken, JoinHandle<anyhow::Result<()>>) {
    let app = App::build(config).await.unwrap();
    let base = Url::parse(&format!("http://{}", app.public_addr())).unwrap();
    let stop = CancellationToken::new();
    let served = tokio::spawn(app.serve(stop.clone().cancelled_owned()));
    (base, stop, served)
}
