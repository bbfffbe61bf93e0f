//! What is true of the file alone.

use std::path::PathBuf;

use register_server::App;
use secrecy::ExposeSecret as _;

use crate::harness::{ALICE, TestApp};

/// The folder of the file, and of what SQLite puts beside it.
fn folder(app: &TestApp) -> PathBuf {
    let url = app.config.database.url().unwrap();
    let path = url.expose_secret().strip_prefix("sqlite://").unwrap();
    PathBuf::from(path).parent().unwrap().to_owned()
}

/// How often `text` stands in the store's files.
fn left_in_the_files(app: &TestApp, text: &str) -> usize {
    std::fs::read_dir(folder(app))
        .unwrap()
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .map(|bytes| {
            bytes
                .windows(text.len())
                .filter(|part| *part == text.as_bytes())
                .count()
        })
        .sum()
}

#[tokio::test]
async fn a_second_server_on_one_file_is_refused() {
    let app = TestApp::start().await;
    let Err(error) = App::build(app.config.clone()).await else {
        panic!("it started");
    };
    let error = format!("{error:#}");
    assert!(error.contains("in use by another process"), "{error}");
}

#[tokio::test]
async fn no_byte_of_a_user_id_is_left_in_the_files() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    app.users.fail("erase");
    let answer = browser
        .post("/member/leave", &[("page_language", "en")])
        .await;
    assert_eq!(answer.location(), "/en/goodbye");
    let seen = left_in_the_files(&app, ALICE);
    assert!(seen > 0, "the test must be able to see");
    app.users.recover();
    app.sign_in(&browser, ALICE).await;
    assert_eq!(left_in_the_files(&app, ALICE), 0);
}

#[tokio::test]
async fn the_files_alone_open_nothing() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    browser
        .post("/member", &[("display_name", "Canary Form")])
        .await;
    let id = browser.cookie("__Host-kaiin-session").unwrap();
    let mut rows = app.rows().await;
    rows.run("pragma wal_checkpoint(truncate)").await;
    assert!(left_in_the_files(&app, "SQLite format 3") > 0);
    for secret in [
        id.as_str(),
        ALICE,
        "canary-access-token",
        "Canary Name",
        "Canary Form",
    ] {
        assert_eq!(left_in_the_files(&app, secret), 0, "{secret}");
    }
}
