//! The commands, as a shell sees them.

use std::process::Output;

use insta::assert_snapshot;
use tokio::process::Command;

use crate::stage::{Stage, TODAY};

/// What a command answers: its code, and all that it said.
pub(crate) async fn push_msg(stage: &Stage, args: &[&str]) -> (i32, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_push-msg"))
        .args(args)
        .env_clear()
        .envs(stage.settings())
        .output()
        .await
        .unwrap();
    let text = [stdout, stderr].concat();
    (status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn run_once_does_what_is_due_says_so_and_logs_nobody() {
    let stage = Stage::set(3).await;
    // Every minute: one is due whenever the test runs.
    stage.write_campaign("today.yaml", &TODAY.replace("*/5 * * * *", "* * * * *"));
    let (code, said) = push_msg(&stage, &["run", "--once"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("recipients accepted"), "{said}");
    assert!(!stage.line.calls().is_empty());
    for private in [
        crate::fake::users::luid(1).as_str(),
        "Today is",
        crate::fake::line::TOKEN,
    ] {
        assert!(!said.contains(private), "{said}");
    }
}

#[tokio::test]
async fn run_once_says_with_1_that_something_needs_attention() {
    let stage = Stage::set(3).await;
    stage.write_campaign("bad.yaml", "name: bad");
    let (code, said) = push_msg(&stage, &["run", "--once"]).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("bad.yaml"), "{said}");
}

#[tokio::test]
async fn wrong_settings_end_with_2_and_name_the_setting() {
    let stage = Stage::set(3).await;
    let cases: [&[&str]; 4] = [
        &["run", "--once", "--database-url", "mysql://db/push"],
        &["run", "--once", "--campaigns", "/no/such/folder"],
        &["run", "--once", "--line-channel-access-token", "changeme"],
        &["run", "--once", "--profile", "production"],
    ];
    let names = [
        "DATABASE_URL",
        "CAMPAIGNS",
        "LINE_CHANNEL_ACCESS_TOKEN",
        "LINE_API_BASE",
    ];
    for (args, name) in cases.iter().zip(names) {
        let (code, said) = push_msg(&stage, args).await;
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(name), "{said}");
    }
    assert_eq!(push_msg(&stage, &["run"]).await.0, 2);
}

#[tokio::test]
async fn a_run_beside_the_scheduler_leaves_the_work_to_it() {
    let stage = Stage::set(3).await;
    if stage.is_shared() {
        return;
    }
    let _scheduler = stage.app().await;
    let (code, said) = push_msg(&stage, &["run", "--once"]).await;
    assert_eq!(code, 75);
    assert!(said.contains("the scheduler is already running"), "{said}");
    assert_eq!(stage.line.calls().len(), 0);
}

#[tokio::test]
async fn validate_shows_when_and_says_what_is_wrong() {
    let stage = Stage::set(3).await;
    let (code, said) = push_msg(&stage, &["validate"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("today (for members who consent to news; zone Asia/Taipei)\n"));
    assert_eq!(
        said.lines()
            .filter(|line| line.ends_with(":00 +08:00"))
            .count(),
        3
    );

    let bad = stage.path("bad.yaml");
    std::fs::write(&bad, TODAY.replace("Taipei", "Taipeh")).unwrap();
    let (code, said) = push_msg(&stage, &["validate", bad.to_str().unwrap()]).await;
    assert_eq!(code, 1);
    assert!(said.contains("bad.yaml:5:9: schedule.zone:"), "{said}");

    let past = stage.path("past.yaml");
    let at = TODAY
        .replace("cron: \"*/5 * * * *\"", "at: 2001-01-01T00:00:00Z")
        .replace("  zone: Asia/Taipei\n", "");
    std::fs::write(&past, at).unwrap();
    let (code, said) = push_msg(&stage, &["validate", past.to_str().unwrap()]).await;
    assert_eq!(code, 1);
    assert!(said.contains("lies in the past"), "{said}");

    let twice = stage.path("campaigns/again.yaml");
    std::fs::write(&twice, TODAY).unwrap();
    let (code, said) = push_msg(&stage, &["validate"]).await;
    assert_eq!(code, 1);
    assert_eq!(
        said.matches("the name today is taken by another file")
            .count(),
        2
    );
}

#[tokio::test]
async fn help_names_every_setting() {
    let stage = Stage::set(0).await;
    let (code, help) = push_msg(&stage, &["run", "--help"]).await;
    assert_eq!(code, 0);
    let names: Vec<_> = help
        .split("[env: ")
        .skip(1)
        .filter_map(|rest| rest.split(['=', ']']).next())
        .collect();
    assert_snapshot!(names.join(" "), @"CAMPAIGNS DATABASE_URL DATABASE_URL_FILE USERS_API SERVICE_TOKEN_FILE LINE_CHANNEL_ACCESS_TOKEN LINE_CHANNEL_ACCESS_TOKEN_FILE LINE_API_BASE INTERNAL_ADDR PROFILE LOG_FORMAT RUST_LOG TLS_CA");
}

#[tokio::test]
async fn validate_prints_the_schema() {
    let stage = Stage::set(0).await;
    let (code, said) = push_msg(&stage, &["validate", "--schema"]).await;
    assert_eq!(code, 0);
    assert_eq!(said, push_msg::campaign::SCHEMA);
}
