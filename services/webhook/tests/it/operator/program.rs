//! The program itself, on the machine's own clock: what it needs, and how it ends.

use std::process::{Output, Stdio};

use super::park;
use crate::events::unfollow;
use crate::harness::{BOB, TestApp};

/// Runs `webhook events`, with this inbox in its environment.
fn program(url: Option<&str>, arguments: &[&str]) -> Output {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_webhook"));
    program
        .arg("events")
        .args(arguments)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null());
    if let Some(url) = url {
        program.env("DATABASE_URL", url);
    }
    program.output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn the_program_needs_only_the_inbox_and_says_how_it_went() {
    let app = TestApp::start().await;
    let url = app.database.url();
    let empty = program(Some(&url), &["list"]);
    assert_eq!(empty.status.code(), Some(0), "{}", said(&empty.stderr));
    assert_eq!(
        (said(&empty.stdout), said(&empty.stderr)),
        (String::new(), "no event is parked or stuck\n".into())
    );
    park(&app, unfollow(1, BOB)).await;
    let by_flag = program(None, &["list", "--json", "--database-url", &url]);
    assert!(
        said(&by_flag.stdout).starts_with("{\"id\":1,"),
        "{by_flag:?}"
    );
    for (code, arguments) in [
        (1, &["show", "77"][..]),
        (1, &["retry", "77"]),
        (2, &["drop", "1"]),
        (2, &["retry"]),
        (2, &["retry", "1", "--all-parked"]),
        (2, &["retry", "1", "--error", "panicked"]),
        (2, &["list", "--state", "lost"]),
        (2, &["list", "--since", "yesterday"]),
        (2, &[]),
        (0, &["retry", "1"]),
    ] {
        let output = program(Some(&url), arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            said(&output.stderr)
        );
    }
    app.wait("done", 1).await;
    let nowhere = program(None, &["list"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(
        said(&nowhere.stderr).contains("DATABASE_URL"),
        "{nowhere:?}"
    );
}

#[tokio::test]
async fn an_inbox_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let output = program(Some(&format!("sqlite://{}", path.display())), &["list"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output.stderr).contains("there is no inbox at"),
        "{output:?}"
    );
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn an_inbox_of_another_version_is_left_alone() {
    let app = TestApp::start().await;
    let url = app.database.url();
    let mut inbox = app.inbox().await;
    for (change, complaint) in [
        (
            "update _sqlx_migrations set version = version + 1000 where version = (select max(version) from _sqlx_migrations)",
            "newer version",
        ),
        ("delete from _sqlx_migrations", "older version"),
        ("drop table _sqlx_migrations", "not the webhook's inbox"),
    ] {
        inbox.execute(change).await;
        let output = program(Some(&url), &["list"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output.stderr).contains(complaint), "{output:?}");
    }
}
