//! `kaiin events` and `kaiin sessions`: what a suite keeps, beside it.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use testkit::people::Sim;

use crate::command::{Running, kaiin, stderr, text_of};

/// What `kaiin events` says to someone in this folder.
fn events(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = kaiin(&["events"]);
    command.args(arguments).current_dir(folder);
    command.output().unwrap()
}

#[tokio::test]
async fn the_events_of_a_running_suite_are_there_to_see() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&folder);
    let simulator = text_of(&running.ready, "/simulator/url").parse().unwrap();
    let chen = Sim::at(&simulator)
        .unwrap()
        .add("Chen", "en")
        .await
        .unwrap();
    chen.ask("hello").await.unwrap();

    let quiet = events(folder.path(), &["list", "--data", "data"]);
    assert_eq!(quiet.status.code(), Some(0), "{quiet:?}");
    assert_eq!(stderr(&quiet), "no event is parked or stuck\n");
    let all = events(
        folder.path(),
        &["--data", "data", "list", "--state", "all", "--json"],
    );
    let lines = String::from_utf8(all.stdout).unwrap();
    let event: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(event["attempts"], 1);
    let unknown = events(folder.path(), &["retry", "77", "--data", "data"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert_eq!(stderr(&unknown), "there is no event 77\n");
}

#[tokio::test]
async fn the_sessions_of_a_running_suite_are_counted_and_ended() {
    let folder = tempfile::tempdir().unwrap();
    let _running = Running::start(&folder);
    let said = |arguments: &[&str]| {
        let mut command = kaiin(&["sessions"]);
        command.args(arguments).current_dir(folder.path());
        command.output().unwrap()
    };
    let counted = said(&["count", "--data", "data"]);
    assert_eq!(counted.status.code(), Some(0), "{counted:?}");
    let text = String::from_utf8(counted.stdout).unwrap();
    assert_eq!(text, "0 sessions of 0 people\n");
    let ended = said(&["end", "--all", "--data", "data"]);
    assert_eq!(ended.stdout, b"0 sessions ended\n");
    let nowhere = said(&["count"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(stderr(&nowhere).contains("no store of sessions here yet"));
}

#[test]
fn it_finds_the_inbox_where_up_and_dev_keep_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let output = events(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        stderr(&output)
    };
    assert!(said(&["list"]).contains("no inbox here yet"));
    assert!(
        said(&["list", "--data", "elsewhere"])
            .contains("no inbox in the data folder elsewhere yet")
    );
    for (data, complaint) in [
        (".kaiin-dev", "not the webhook's inbox"),
        (".kaiin", "say which one with --data"),
    ] {
        fs::create_dir(folder.path().join(data)).unwrap();
        fs::write(folder.path().join(data).join("webhook.db"), "").unwrap();
        let said = said(&["list"]);
        assert!(said.contains(complaint), "{said}");
    }
    assert!(said(&["list", "--data", ".kaiin"]).contains("not the webhook's inbox"));
}
