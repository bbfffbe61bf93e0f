//! Settings that stop the start.

use register_server::{App, Config};
use service_kit::database::DatabaseConfig;
use service_kit::{Clock, Profile};
use testkit::Database;
use url::Url;

use crate::harness::settings;

pub(crate) async fn refused(config: Config) -> String {
    match App::build(config).await {
        Ok(_) => panic!("it started"),
        Err(error) => format!("{error:#}"),
    }
}

pub(crate) fn good(folder: &std::path::Path, database: &Database) -> Config {
    let nobody = Url::parse("http://127.0.0.1:1").unwrap();
    settings(folder, &database.url(), &nobody, &nobody, &Clock::system())
}

#[tokio::test]
async fn a_setting_that_cannot_work_stops_the_start_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh();
    for (spoil, says) in [
        (
            (|c| c.public_url = "https://a.test/path".parse().unwrap()) as fn(&mut Config),
            "PUBLIC_URL",
        ),
        (
            |c| c.public_url = "ftp://a.test".parse().unwrap(),
            "PUBLIC_URL",
        ),
        (
            |c| c.line_login_channel_secret = None,
            "LINE_LOGIN_CHANNEL_SECRET",
        ),
        (
            |c| c.line_login_channel_secret = Some("changeme".to_owned().into()),
            "LINE_LOGIN_CHANNEL_SECRET",
        ),
        (
            |c| c.database = DatabaseConfig::at("mysql://a/b"),
            "DATABASE_URL",
        ),
        (
            |c| c.database = DatabaseConfig::at("sqlite::memory:"),
            "DATABASE_URL",
        ),
        (
            |c| c.database = DatabaseConfig::at("sqlite://:memory:"),
            "DATABASE_URL",
        ),
        (
            |c| c.database = DatabaseConfig::at("postgres://user:changeme@host:port/name"),
            "DATABASE_URL",
        ),
        (
            |c| c.profile = Profile::Production,
            "LINE_API_BASE must be https",
        ),
        (
            |c| {
                c.profile = Profile::Production;
                c.public_url = "http://a.test".parse().unwrap();
            },
            "PUBLIC_URL must be https",
        ),
    ] {
        let mut config = good(folder.path(), &database);
        spoil(&mut config);
        let error = refused(config).await;
        assert!(error.contains(says), "{error}");
        assert!(!error.contains("changeme"), "{error}");
    }
}

#[tokio::test]
async fn the_internal_port_says_that_it_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh();
    let app = App::build(good(folder.path(), &database)).await.unwrap();
    let internal = Url::parse(&format!("http://{}", app.internal_addr())).unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let served = tokio::spawn(app.serve(stop.clone().cancelled_owned()));
    let browser = crate::harness::Browser::new(internal);
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(browser.get(path).await.status, 200, "{path}");
    }
    stop.cancel();
    served.await.unwrap().unwrap();
}
