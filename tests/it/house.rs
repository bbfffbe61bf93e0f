//! The suite in this process, and a simulated LINE full of people.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kaiin::{Data, Line, Plan, Ports, Ready, Suite};
use reqwest::{Client, RequestBuilder, Response};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use service_kit::http_client::{self, Limits, read_bounded, send};
use service_kit::{Clock, Timestamp};
use testkit::people::{Person, Sim};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// A Saturday noon in Taipei: 2026-11-21 12:00:00 +08:00.
pub(crate) const NOON: Timestamp = Timestamp::from_seconds(1_795_233_600);
/// When every test starts: some time before the next scheduled message, and between two seconds, as real clocks stand.
const START: Timestamp = Timestamp::from_millis(NOON.as_millis() + 40_123);
/// After this the message of 12:01 is due.
pub(crate) const UNTIL_THE_MINUTE: Duration = Duration::from_secs(20);

/// The whole suite on free ports, with a clock that stands still until it is moved.
pub(crate) struct House {
    pub(crate) ready: Ready,
    pub(crate) sim: Sim,
    pub(crate) clock: Clock,
    pub(crate) http: Client,
    pub(crate) data: PathBuf,
    api_users: CancellationToken,
    register_server: CancellationToken,
    stop: CancellationToken,
    suite: JoinHandle<anyhow::Result<()>>,
}

impl House {
    pub(crate) async fn start() -> Self {
        Self::start_branded(None).await
    }

    /// The same, with a brand of the test's own.
    pub(crate) async fn start_branded(brand: Option<PathBuf>) -> Self {
        let clock = Clock::manual(START);
        let plan = Plan {
            data: Data::Ephemeral,
            ports: Ports::random(),
            line: Line::Simulated { port: 0, brand },
            clock: clock.clone(),
            progress: |_| {},
        };
        let suite = Suite::start(plan).await.unwrap();
        let ready = suite.ready().clone();
        let data = suite.data_folder().to_owned();
        let api_users = suite.switch("api-users").unwrap();
        let register_server = suite.switch("register-server").unwrap();
        let stop = CancellationToken::new();
        let suite = tokio::spawn(suite.run_until(stop.clone().cancelled_owned()));
        let sim = Sim::at(ready.simulator.as_ref().unwrap()).unwrap();
        let house = Self {
            ready,
            sim,
            clock,
            http: http_client::client(Limits::default()),
            data,
            api_users,
            register_server,
            stop,
            suite,
        };
        // The scheduler looks once as it starts. What it finds due goes to nobody: nobody is a member yet.
        while !house
            .internal("push_msg", "metrics")
            .await
            .contains("push_runs_total{")
        {
            tokio::task::yield_now().await;
        }
        house
    }

    /// A friend of the bot who has read its greeting.
    pub(crate) async fn friend(&self, name: &str) -> Person {
        let person = self.sim.add(name, "en").await.unwrap();
        person.follow().await.unwrap();
        let greeting = person.hear().await.unwrap();
        assert!(greeting.contains(self.ready.website.as_str()), "{greeting}");
        person
    }

    /// A friend of the bot who is a member and wants news.
    pub(crate) async fn member(&self, name: &str) -> Person {
        let person = self.friend(name).await;
        self.register(&person, name).await;
        person
    }

    /// Makes a person a member who wants news.
    pub(crate) async fn register(&self, person: &Person, name: &str) {
        let consent = |purpose| json!({ "purpose": purpose, "version": "1", "language": "en", "granted": true, "channel": "website" });
        let candidate = json!({
            "luid": person.id, "display_name": name, "language": "en",
            "consents": [consent("terms"), consent("news")],
        });
        let request = self
            .api(self.http.post(self.users("register")))
            .json(&candidate);
        assert_eq!(send(request).await.unwrap().status(), 201);
    }

    /// An address of the members' API.
    pub(crate) fn users(&self, path: &str) -> Url {
        self.ready.api_users.join(path).unwrap()
    }

    /// A request with the operator's token.
    pub(crate) fn api(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(self.ready.operator_token.expose_secret())
    }

    /// What a part says on its internal listener.
    pub(crate) async fn internal(&self, part: &str, path: &str) -> String {
        let (_, url) = self
            .ready
            .internal
            .iter()
            .find(|(name, _)| *name == part)
            .unwrap();
        let answer = send(self.http.get(url.join(path).unwrap())).await.unwrap();
        String::from_utf8(read_bounded(answer, 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    /// Lets time pass for every part of the suite.
    pub(crate) fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Stops the members' API, and returns when nobody listens there any more.
    pub(crate) async fn stop_api_users(&self) {
        self.api_users.cancel();
        self.until_nobody_is_at(&self.ready.api_users).await;
    }

    /// Stops the half of the website that knows who visitors are, and returns when nobody listens there any more.
    pub(crate) async fn stop_register_server(&self) {
        self.register_server.cancel();
        self.until_nobody_is_at(&self.ready.register_server).await;
    }

    async fn until_nobody_is_at(&self, url: &Url) {
        while send(self.http.get(url.clone())).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    /// Stops everything, and says whether it all ended well.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.suite.await.unwrap().unwrap();
    }
}

/// What the bot says to somebody who is not a member and whose LINE is in English.
pub(crate) fn join_text(house: &House) -> String {
    format!(
        "You are not our members, please join us in {}?lang=en",
        house.ready.website
    )
}

/// What the bot says when it cannot know.
pub(crate) const SOMETHING_WENT_WRONG: &str = "Something went wrong! Sorry.";

/// An answer's body as JSON.
pub(crate) async fn json(response: Response) -> Value {
    serde_json::from_slice(&read_bounded(response, 1 << 20).await.unwrap()).unwrap()
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A program of this build, beside this test's own.
pub(crate) fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join(name);
    assert!(
        path.exists(),
        "{name} is not built; run `cargo xtask test`, or `cargo build --workspace --bins` first"
    );
    path
}
