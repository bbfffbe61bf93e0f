use std::os::unix::fs::PermissionsExt as _;

use api_users::App;
use secrecy::SecretString;
use serde_json::json;
use service_auth::SigningKey;
use service_kit::{Clock, Profile};

use crate::harness::{ALICE, START, TestApp, config, issuers};

#[tokio::test]
async fn members_outlive_a_restart() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let app = app.restart().await;
    assert!(app.is_member(ALICE).await);
}

#[tokio::test]
async fn only_its_owner_reads_the_members_file() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    for name in ["users.db", "users.db-wal"] {
        let file = std::fs::metadata(app.folder.path().join(name)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_second_server_on_one_file_is_refused_with_a_plain_message() {
    let app = TestApp::start().await;
    let error = refused(config(app.folder.path(), &app.clock)).await;
    assert!(
        error.contains("users.db is in use by another process"),
        "{error}"
    );
}

#[tokio::test]
async fn settings_that_cannot_work_stop_the_start_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(START);
    let key = SigningKey::ephemeral("test").unwrap();
    let good = config(folder.path(), &clock);
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
    ] {
        let mut config = good.clone();
        config.database.database_url = url.map(|url| SecretString::from(url.to_owned()));
        let error = refused(config).await;
        assert!(
            error.contains(says) && !error.contains("hunter2"),
            "{error}"
        );
    }

    std::fs::write(folder.path().join("users.db"), [0xa5; 8192]).unwrap();
    let error = refused(good).await;
    assert!(
        error.contains("cannot open the members' database"),
        "{error}"
    );
}

async fn refused(config: api_users::Config) -> String {
    match App::build(config).await {
        Ok(_) => panic!("it must not start"),
        Err(error) => format!("{error:#}"),
    }
}
