//! Everything one test needs, and the app on it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::DateTime;
use push_msg::{App, Backoff, Config, RunReport};
use secrecy::{ExposeSecret as _, SecretString};
use service_kit::database::DatabaseConfig;
use service_kit::http_client::Limits;
use service_kit::telemetry::TelemetryConfig;
use service_kit::tls::TrustConfig;
use service_kit::{Clock, DatabaseKind, Profile, Timestamp};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use testkit::{Database, traces};

use crate::command::push_msg;
use crate::fake::line::{self, FakeLine};
use crate::fake::users::{self, FakeUsers};

/// Every five minutes in Taipei, for members who consent to news.
pub(crate) const TODAY: &str = include_str!("../../campaigns/today.yaml");

/// How long an occurrence is taken for. It goes by the stage's clock; it is extended by the machine's, long after any test.
pub(crate) const LEASE: Duration = Duration::from_hours(1);

/// What a test waits for by itself comes, however busy the machine is.
pub(crate) const PATIENT: Limits = Limits {
    connect: Duration::from_mins(2),
    total: Duration::from_mins(2),
};

/// Three minutes after an occurrence of [`TODAY`]; in Taipei it is the next day already.
pub(crate) const START: &str = "2026-11-20T16:03:00.260Z";

/// Runs a query on a connection of its own, whichever database the ledger is in.
macro_rules! on_ledger {
    ($stage:expr, $open:ident => $asked:expr) => {{
        let url = $stage.database.url();
        match $stage.database.kind() {
            DatabaseKind::Sqlite => {
                let mut $open = SqliteConnection::connect(&url).await.unwrap();
                $asked
            }
            DatabaseKind::Postgres => {
                let mut $open = PgConnection::connect(&url).await.unwrap();
                $asked
            }
        }
    }};
}

pub(crate) struct Stage {
    pub(crate) line: FakeLine,
    pub(crate) users: FakeUsers,
    pub(crate) config: Config,
    database: Database,
    folder: TempDir,
}

/// A moment from RFC 3339.
pub(crate) fn moment(text: &str) -> Timestamp {
    let moment = DateTime::parse_from_rfc3339(text).unwrap();
    Timestamp::from_millis(moment.timestamp_millis())
}

impl Stage {
    /// The demo campaign, with members 1 to `members`, at [`START`].
    pub(crate) async fn set(members: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (line, line_addr) = FakeLine::start().await;
        let (users, users_addr) = FakeUsers::start().await;
        users.set_count(members);
        let clock = Clock::manual(moment(START));
        line.set_clock(&clock);
        std::fs::create_dir(folder.path().join("campaigns")).unwrap();
        std::fs::write(folder.path().join("token"), users::TOKEN).unwrap();
        let database = Database::fresh();
        let config = Config {
            campaigns: folder.path().join("campaigns"),
            database: DatabaseConfig::at(database.url()),
            users_api: format!("http://{users_addr}").parse().unwrap(),
            service_token_file: folder.path().join("token"),
            line_channel_access_token: Some(SecretString::from(line::TOKEN)),
            line_channel_access_token_file: None,
            line_api_base: format!("http://{line_addr}").parse().unwrap(),
            internal_addr: "127.0.0.1:0".parse().unwrap(),
            profile: Profile::Dev,
            telemetry: TelemetryConfig::default(),
            trust: TrustConfig::default(),
            backoff: Backoff {
                first: Duration::from_millis(1),
                longest: Duration::from_millis(4),
                attempts: 3,
            },
            // However busy the machine is.
            limits: PATIENT,
            lease: LEASE,
            clock,
        };
        let stage = Self {
            line,
            users,
            config,
            database,
            folder,
        };
        stage.write_campaign("today.yaml", TODAY);
        stage
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write_campaign(&self, file: &str, yaml: &str) {
        std::fs::write(self.config.campaigns.join(file), yaml).unwrap();
    }

    pub(crate) fn remove_campaign(&self, file: &str) {
        std::fs::remove_file(self.config.campaigns.join(file)).unwrap();
    }

    /// The app on this stage's ledger. Only one at a time can have it.
    pub(crate) async fn app(&self) -> App {
        App::build(self.config.clone()).await.unwrap()
    }

    /// One run of a process of its own.
    pub(crate) async fn run(&self) -> RunReport {
        self.app().await.run_once().await.unwrap()
    }

    /// Runs once, and takes the campaign away so that nothing more becomes due.
    pub(crate) async fn run_and_end_campaign(&self) -> RunReport {
        let report = self.run().await;
        self.remove_campaign("today.yaml");
        report
    }

    /// Whether several pushers may have the ledger open at once.
    pub(crate) fn is_shared(&self) -> bool {
        self.database.kind() == DatabaseKind::Postgres
    }

    /// What the program needs to know to run on this stage, as its environment.
    pub(crate) fn settings(&self) -> [(&'static str, String); 7] {
        let config = &self.config;
        let token = config.line_channel_access_token.clone().unwrap();
        [
            ("CAMPAIGNS", config.campaigns.display().to_string()),
            ("DATABASE_URL", self.database.url()),
            ("USERS_API", config.users_api.to_string()),
            (
                "SERVICE_TOKEN_FILE",
                config.service_token_file.display().to_string(),
            ),
            (
                "LINE_CHANNEL_ACCESS_TOKEN",
                token.expose_secret().to_owned(),
            ),
            ("LINE_API_BASE", config.line_api_base.to_string()),
            ("PROFILE", "dev".to_owned()),
        ]
    }

    /// What the command says of the latest occurrence of the demo.
    pub(crate) async fn operate(&self, command: &str) -> String {
        let (code, said) = push_msg(self, &[command, "today"]).await;
        assert_eq!(code, 0, "{said}");
        said
    }

    pub(crate) fn pass(&self, span: Duration) {
        self.config.clock.advance(span);
    }

    /// Where the ledger and its files hold this. Nobody else may have it open.
    pub(crate) async fn traces(&self, text: &str) -> Vec<String> {
        let columns = traces::columns(self.database.kind(), text.as_bytes());
        let columns = self.rows(&columns).await;
        assert!(columns.len() > 20, "the catalogue names every column");
        let mut found = Vec::new();
        for (column, question) in columns {
            found.extend((self.number(&question).await > 0).then_some(column));
        }
        let file = self.database.url();
        let file = file.strip_prefix("sqlite://").map(Path::new);
        if file.is_some_and(|file| traces::on_disk(file, text.as_bytes())) {
            found.push("the file".into());
        }
        found
    }

    /// A number out of the ledger, which nobody else may have open.
    pub(crate) async fn ledger(&self, sql: &str) -> i64 {
        self.number(sql).await
    }

    /// Changes the ledger behind the service's back.
    pub(crate) async fn meddle(&self, sql: &'static str) {
        on_ledger!(self, open => sqlx::query(sql).execute(&mut open).await.map(drop)).unwrap();
    }

    async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        on_ledger!(self, open => sqlx::query_scalar(sql).fetch_one(&mut open).await).unwrap()
    }

    async fn rows(&self, sql: &str) -> Vec<(String, String)> {
        let sql = AssertSqlSafe(sql.to_owned());
        on_ledger!(self, open => sqlx::query_as(sql).fetch_all(&mut open).await).unwrap()
    }
}

/// The one matter in the report.
#[track_caller]
pub(crate) fn only_matter(report: &RunReport) -> &str {
    assert_eq!(report.attention.len(), 1, "{report}");
    &report.attention[0].matter
}
