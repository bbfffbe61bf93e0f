//! Settings that stop the start, each by name.

use secrecy::SecretString;
use service_kit::Profile;
use service_kit::database::DatabaseConfig;
use webhook::{App, Config};

use crate::harness::TestApp;

#[tokio::test]
async fn o05_a_setting_that_is_of_no_use_stops_the_start_by_its_name() {
    let mut app = TestApp::start().await;
    app.stop().await;
    let given = |secret: &str| Some(SecretString::from(secret));
    let config = || app.config();
    for (name, config) in [
        (
            "LINE_CHANNEL_SECRET",
            Config {
                line_channel_secret: None,
                ..config()
            },
        ),
        (
            "LINE_CHANNEL_SECRET",
            Config {
                line_channel_secret: given("changeme"),
                ..config()
            },
        ),
        (
            "LINE_CHANNEL_SECRET",
            Config {
                line_channel_secret: given(","),
                ..config()
            },
        ),
        (
            "LINE_CHANNEL_ACCESS_TOKEN",
            Config {
                line_channel_access_token: None,
                ..config()
            },
        ),
        (
            "LINE_CHANNEL_SECRET",
            Config {
                line_channel_secret: Some(SecretString::from("0123456789abcdef,changeme")),
                ..config()
            },
        ),
        (
            "WEBSITE_LINK",
            Config {
                website_link: "here".into(),
                ..config()
            },
        ),
        (
            "WEBSITE_LINK",
            Config {
                website_link: "javascript:alert(1)".into(),
                ..config()
            },
        ),
        (
            "DATABASE_URL",
            Config {
                database: DatabaseConfig::at("mysql://canary-password@x/y"),
                ..config()
            },
        ),
        (
            "LINE_API_BASE",
            Config {
                profile: Profile::Production,
                ..config()
            },
        ),
    ] {
        let error = format!("{:#}", App::build(config).await.err().expect(name));
        assert!(error.contains(name), "{name}: {error}");
        assert!(!error.contains("canary"), "{error}");
    }
    app.resume().await;
}
