//! Everything one test needs, and the app on it.

use std::path::PathBuf;
use std::time::Duration;

use chrono::DateTime;
use push_msg::{App, Backoff, Config, RunReport};
use secrecy::{ExposeSecret as _, SecretString};
use service_kit::database::DatabaseConfig;
use service_kit::telemetry::TelemetryConfig;
use service_kit::{Clock, DatabaseKind, Profile, Timestamp};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;
use testkit::traces;

use crate::fake::line::{self, FakeLine};
use crate::fake::users::{self, FakeUsers};

/// Every five minutes in Taipei, for members who consent to news.
pub(crate) const TODAY: &str = include_str!("../../campaigns/today.yaml");

/// Three minutes after an occurrence of [`TODAY`]; in Taipei it is the next day already.
pub(crate) const START: &str = "2026-11-20T16:03:00.260Z";

pub(crate) struct Stage {
    pub(crate) line: FakeLine,
    pub(crate) users: FakeUsers,
    pub(crate) config: Config,
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
        std::fs::create_dir(folder.path().join("campaigns")).unwrap();
        std::fs::write(folder.path().join("token"), users::TOKEN).unwrap();
        let database = folder.path().join("push-msg.db");
        let config = Config {
            campaigns: folder.path().join("campaigns"),
            database: DatabaseConfig::at(format!("sqlite://{}", database.display())),
            users_api: format!("http://{users_addr}").parse().unwrap(),
            service_token_file: folder.path().join("token"),
            line_channel_access_token: Some(SecretString::from(line::TOKEN)),
            line_channel_access_token_file: None,
            line_api_base: format!("http://{line_addr}").parse().unwrap(),
            internal_addr: "127.0.0.1:0".parse().unwrap(),
            profile: Profile::Dev,
            telemetry: TelemetryConfig::default(),
            backoff: Backoff {
                first: Duration::from_millis(1),
                longest: Duration::from_millis(4),
                attempts: 3,
            },
            clock: Clock::manual(moment(START)),
        };
        let stage = Self {
            line,
            users,
            config,
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

    pub(crate) fn pass(&self, span: Duration) {
        self.config.clock.advance(span);
    }

    /// Where the ledger and its files hold this. Nobody else may have it open.
    pub(crate) async fn traces(&self, text: &str) -> Vec<String> {
        let url = self.config.database.url().unwrap();
        let pool = sqlx::SqlitePool::connect(url.expose_secret())
            .await
            .unwrap();
        let columns = traces::columns(DatabaseKind::Sqlite, text.as_bytes());
        let columns: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(columns))
            .fetch_all(&pool)
            .await
            .unwrap();
        assert!(columns.len() > 20, "the catalogue names every column");
        let mut found = Vec::new();
        for (column, rows) in columns {
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(rows))
                .fetch_one(&pool)
                .await
                .unwrap();
            found.extend((rows > 0).then_some(column));
        }
        pool.close().await;
        if traces::on_disk(&self.path("push-msg.db"), text.as_bytes()) {
            found.push("the file".into());
        }
        found
    }

    /// A number out of the ledger, which nobody else may have open.
    pub(crate) async fn ledger(&self, sql: &'static str) -> i64 {
        let pool = sqlx::SqlitePool::connect(self.config.database.url().unwrap().expose_secret())
            .await
            .unwrap();
        sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
    }
}

/// The one matter in the report.
#[track_caller]
pub(crate) fn only_matter(report: &RunReport) -> &str {
    assert_eq!(report.attention.len(), 1, "{report}");
    &report.attention[0].matter
}
