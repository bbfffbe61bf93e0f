use api_users::App;
use secrecy::SecretString;
use serde_json::json;
use service_auth::SigningKey;
use service_kit::{Clock, Profile};
use testkit::Database;

use crate::harness::{ALICE, START, TestApp, config, issuers};

#[tokio::test]
async fn members_outlive_a_restart() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let app = app.restart().await;
    assert!(app.is_member(ALICE).await);
}

#[tokio::test]
async fn settings_that_cannot_work_stop_the_start_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let key = SigningKey::ephemeral("test").unwrap();
    let database = Database::fresh();
    let good = config(folder.path(), &database.url(), &clock);
    let issuers_file = good.service_issuers.clone();

    let error = refused(good.clone()).await;
    assert!(error.contains("issuers file"), "{error}");
    std::fs::write(&issuers_file, r#"{"issuers":[]}"#).unwrap();
    let error = refused(good.clone()).await;
    assert!(error.contains("SERVICE_ISSUERS"), "{error}");

    let mut plain_http = issuers(&key);
    plain_http["issuers"][0]["jwks_url"] = json!("http://keys.test/jwks");
    std::fs::write(&issuers_file, plain_http.to_string()).unwrap();
    let mut production = good.clone();
    production.profile = Profile::Production;
    let error = refused(production).await;
    assert!(error.contains("plain HTTP"), "{error}");

    std::fs::write(&issuers_file, issuers(&key).to_string()).unwrap();
    for (url, says) in [
        (None, "DATABASE_URL is missing"),
        (Some("  "), "DATABASE_URL is empty"),
        (
            Some("mysql://root:hunter2@db/users"),
            "sqlite:///path/file.db",
        ),
        (Some("sqlite::memory:"), "sqlite:///path/file.db"),
        (
            Some("postgres://root:hunter2@db:port/users"),
            "postgres://user:password@host/name",
        ),
    ] {
        let mut config = good.clone();
        config.database.database_url = url.map(|url| SecretString::from(url.to_owned()));
        let error = refused(config).await;
        assert!(
            error.contains(says) && !error.contains("hunter2"),
            "{error}"
        );
    }
}

pub(crate) async fn refused(config: api_users::Config) -> String {
    match App::build(config).await {
        Ok(_) => panic!("it must not start"),
        Err(error) => format!("{error:#}"),
    }
}
