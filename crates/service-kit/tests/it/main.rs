//! What every service does, whatever it serves.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod batcher;
mod harness;
mod hostile;
mod log;
mod process;
mod smuggling;
mod stop;
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::get;
use reqwest::StatusCode;
use service_kit::http_client::{self, Limits, ReadError, read_bounded, send};
use service_kit::{DatabaseFile, FileLock, Readiness};

use harness::{fetch, hello, start, text};

#[tokio::test]
async fn every_answer_carries_a_request_id_and_keeps_a_good_one() {
    let running = start(hello(), Readiness::always()).await;
    let answer = fetch(running.public, "/hello/mei").await;
    let fresh = answer.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(fresh.len(), 36);
    let client = http_client::client(Limits::default());
    for (sent, kept) in [(fresh.as_str(), true), ("forged\tline", false)] {
        let request = client
            .get(format!("http://{}/hello/mei", running.public))
            .header("x-request-id", sent);
        let answer = send(request).await.unwrap();
        assert_eq!(answer.headers()["x-request-id"] == sent, kept, "{sent}");
    }
}

#[tokio::test]
async fn what_no_route_answers_is_a_problem_with_the_request_id() {
    let running = start(hello(), Readiness::always()).await;
    let answer = fetch(running.public, "/nothing").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let id = answer.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(text(answer).await.contains(&id));
    let client = http_client::client(Limits::default());
    let answer = send(client.post(format!("http://{}/hello/mei", running.public)))
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers()["allow"], "GET,HEAD");
}

#[tokio::test]
async fn u21_a_panic_is_a_500_that_says_nothing_and_the_service_lives() {
    let running = start(hello(), Readiness::always()).await;
    let answer = fetch(running.public, "/panic").await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!text(answer).await.contains("name"));
    assert_eq!(
        fetch(running.public, "/hello/mei").await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn o01_health_and_metrics_are_on_the_internal_listener_only() {
    let running = start(hello(), Readiness::always()).await;
    fetch(running.public, "/hello/mei").await;
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(
            fetch(running.public, path).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
        assert_eq!(
            fetch(running.internal, path).await.status(),
            StatusCode::OK,
            "{path}"
        );
    }
    let metrics = text(fetch(running.internal, "/metrics").await).await;
    assert!(metrics.contains(r#"route="/hello/{name}""#), "{metrics}");
    assert!(!metrics.contains("mei"), "{metrics}");
}

#[tokio::test]
async fn o02_readiness_follows_the_dependency_and_liveness_does_not() {
    let up = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&up);
    let readiness = Readiness::new(move || {
        let up = asked.load(Ordering::SeqCst);
        async move { up }
    });
    let running = start(hello(), readiness).await;
    assert_eq!(
        fetch(running.internal, "/readyz").await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(
        fetch(running.internal, "/livez").await.status(),
        StatusCode::OK
    );
    up.store(true, Ordering::SeqCst);
    assert_eq!(
        fetch(running.internal, "/readyz").await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn an_answer_longer_than_the_caller_wants_is_cut_and_a_redirect_is_not_followed() {
    let router = Router::new()
        .route("/long", get(|| async { "x".repeat(1025) }))
        .route(
            "/away",
            get(|| async { axum::response::Redirect::temporary("/long") }),
        );
    let running = start(router, Readiness::always()).await;
    let long = read_bounded(fetch(running.public, "/long").await, 1024).await;
    assert!(matches!(long, Err(ReadError::TooLong(1024))));
    assert_eq!(
        fetch(running.public, "/away").await.status(),
        StatusCode::TEMPORARY_REDIRECT
    );
}

#[tokio::test]
async fn a_failed_call_does_not_name_the_address_it_called() {
    let client = http_client::client(Limits::default());
    let error = send(client.get("http://127.0.0.1:1/users/U0123"))
        .await
        .unwrap_err();
    assert!(!service_kit::telemetry::chain(&error).contains("U0123"));
}

#[test]
fn a_locked_file_is_refused_to_the_second_and_free_after_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/members.db");
    let first = FileLock::acquire(&path).unwrap();
    let refused = FileLock::acquire(&path).unwrap_err().to_string();
    assert!(
        refused.contains("members.db") && refused.contains("in use"),
        "{refused}"
    );
    drop(first);
    FileLock::acquire(&path).unwrap();
}

#[test]
fn a_database_file_is_its_owners_alone_and_held_by_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("members.db");
    let url = format!("sqlite://{}", path.display()).into();
    let first = DatabaseFile::open(&url).unwrap();
    assert_eq!(
        std::fs::metadata(first.path())
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
    assert!(DatabaseFile::open(&url).is_err());
    drop(first);
    DatabaseFile::open(&url).unwrap();
}

#[test]
fn what_is_no_database_file_is_refused_without_being_quoted() {
    for url in [
        "",
        "sqlite://",
        "sqlite://:memory:",
        "sqlite:///x.db?mode=memory",
        "postgres://u:hunter2@db/kaiin",
    ] {
        let error = DatabaseFile::open(&url.to_owned().into())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("DATABASE_URL") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
