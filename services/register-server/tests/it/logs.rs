//! What the program writes while it works.

use std::process::Stdio;

use service_kit::Clock;
use testkit::Database;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use url::Url;

use crate::harness::{ALICE, Browser, FakeLine, FakeUsers, Journal, PUBLIC_URL, Reply};

const CANARIES: [&str; 9] = [
    ALICE,
    "canary",
    "Canary",
    "0123456789abcdef0123456789abcdef",
    "state=",
    "code=",
    "__Host-",
    "Alicia",
    "Bearer",
];

#[tokio::test]
async fn l42_no_code_state_name_token_or_user_id_is_logged() {
    let (clock, journal) = (Clock::system(), Journal::default());
    let line = FakeLine::start(clock.clone(), journal.clone()).await;
    let users = FakeUsers::start(clock, journal).await;
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "canary-service-token").unwrap();
    let database = Database::fresh();
    let mut program = Command::new(env!("CARGO_BIN_EXE_register-server"))
        .env_clear()
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .env("INTERNAL_ADDR", "127.0.0.1:0")
        .env("DATABASE_URL", database.url())
        .env("PUBLIC_URL", PUBLIC_URL)
        .env("LINE_LOGIN_CHANNEL_ID", "1234567890")
        .env(
            "LINE_LOGIN_CHANNEL_SECRET",
            "0123456789abcdef0123456789abcdef",
        )
        .env("LINE_API_BASE", line.url.as_str())
        .env("LINE_ACCESS_BASE", line.url.as_str())
        .env("USERS_API", users.url.as_str())
        .env("SERVICE_TOKEN_FILE", &token_file)
        .env("PROFILE", "dev")
        .env("LOG_FORMAT", "json")
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stderr.take().unwrap()).lines();
    let base = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        if let Some(addr) = line["listen_addr"].as_str() {
            break Url::parse(&format!("http://{addr}")).unwrap();
        }
    };
    let written = tokio::spawn(async move {
        let mut all = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            all.push_str(&line);
            all.push('\n');
        }
        all
    });

    let browser = Browser::new(base);
    let sign_in = async || {
        let started = browser.get("/auth/login?lang=en").await;
        let code = line.consent(&started.line_page(), ALICE);
        let state = started.parameter("state");
        let back = format!("/auth/callback?code={code}&state={state}");
        let page = browser.get(&back).await.location().to_owned();
        browser.draw("/member/session").await;
        page
    };
    let form = [
        ("display_name", "Alicia"),
        ("language", "en"),
        ("consent.terms", "1"),
    ];
    assert_eq!(sign_in().await, "/en/register");
    browser.post("/member", &[("display_name", "Alicia")]).await;
    users.fail("*");
    browser.post("/member", &form).await;
    assert_eq!(sign_in().await, "/en/sign-in-failed/unavailable");
    users.recover();
    browser.draw("/member/session").await;
    assert_eq!(
        browser.post("/member", &form).await.location(),
        "/en/welcome"
    );
    browser.get("/auth/callback?code=canary&state=canary").await;
    line.answer_unlink(Reply::Status(500));
    users.fail("erase");
    assert_eq!(
        browser.post("/member/leave", &form).await.location(),
        "/en/goodbye"
    );
    line.answer_token(Reply::Body("canary".to_owned()));
    assert_eq!(sign_in().await, "/en/sign-in-failed/refused");

    program.kill().await.unwrap();
    let written = written.await.unwrap();
    assert!(written.contains("POST /member/leave 303"), "{written}");
    assert!(written.contains("GET /auth/callback"), "{written}");
    for canary in CANARIES {
        assert!(!written.contains(canary), "{canary} in\n{written}");
    }
}
