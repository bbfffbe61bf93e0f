//! Nothing personal and nothing secret in the log.

use std::time::Duration;

use testkit::log::Log;

use crate::events::{follow, text, token, unfollow};
use crate::harness::{ALICE, BOB, Fault, Health, SECRET, TestApp, delivery, line, users};

#[tokio::test]
async fn i18_the_log_holds_no_secret_and_nothing_personal() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_env_filter("info,webhook=trace,line_api=trace,service_kit=trace,sqlx=debug")
        .with_writer(log.clone())
        .init();
    let app = TestApp::start_with(|config| config.look_up_limit = Duration::from_millis(200)).await;
    app.line.misbehave([Fault::Status(400), Fault::Status(500)]);
    app.deliver([text(1, ALICE, "canary-text"), follow(2, BOB)])
        .await;
    app.wait("retried", 1).await;
    app.advance(1).await;
    app.wait("done", 2).await;
    app.users.feel(Health::Failing(500));
    app.deliver([text(3, ALICE, "canary-text"), unfollow(4, BOB)])
        .await;
    app.line.replies.wait(4).await;
    app.post(r#"{"canary-body":1}"#).await;
    app.post_signed(delivery([text(5, BOB, "canary-text")]), "canary-signature")
        .await;
    app.wait("retried", 2).await;

    let log = log.text();
    assert!(
        log.contains("LINE refused a reply"),
        "the log is listened to"
    );
    assert!(log.contains("nobody knows whether LINE took a reply"));
    let canaries = [
        ALICE,
        BOB,
        SECRET,
        line::ACCESS_TOKEN,
        users::SERVICE_TOKEN,
        &token(1),
        "canary",
    ];
    for canary in canaries {
        assert!(!log.contains(canary), "{canary}");
    }
}
