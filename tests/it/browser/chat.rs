//! Register, chat, get a scheduled message, leave; and nothing of it in a log.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Mutex;

use secrecy::ExposeSecret as _;
use testkit::browser::Browser;
use testkit::people::Person;

use super::walk::Walk;
use crate::house::{House, UNTIL_THE_MINUTE, join_text, root};

/// Names and texts that no log line may show.
const CANARIES: [&str; 5] = [
    "Alice Kanaria",
    "Bob Kanaria",
    "canary-of-alice",
    "canary-of-bob",
    "Kanaria",
];

#[tokio::test]
async fn people_register_chat_get_messages_and_leave() -> anyhow::Result<()> {
    let log = log_to_file()?;
    let house = House::start().await;
    let browser = Browser::start().await?;
    let (alice, bob) = (
        house.sim.add("Alice Kanaria", "en").await?,
        house.sim.add("Bob Kanaria", "zh-TW").await?,
    );

    // Alice registers, and her text is echoed.
    alice.follow().await?;
    assert_eq!(alice.hear().await?, join_text(&house));
    let walk = Walk::new(&house, &browser);
    walk.register(&alice, "en").await?;
    assert_eq!(alice.ask("canary-of-alice").await?, "canary-of-alice");

    // Bob is not a member: he gets the link, follows it from his chat, registers, and is echoed.
    bob.follow().await?;
    bob.hear().await?;
    bob.say("canary-of-bob").await?;
    assert!(bob.hear().await?.contains(house.ready.website.as_str()));
    walk.register(&bob, "zh-TW").await?;
    assert_eq!(bob.ask("canary-of-bob").await?, "canary-of-bob");

    // Alice blocks the bot: the next push reaches Bob only.
    alice.block().await?;
    house.pass(UNTIL_THE_MINUTE);
    assert_eq!(bob.hear().await?, "Today is 2026/11/21.\nTime is 12:01:00.");
    alice.follow().await?;
    assert!(
        !alice.hear().await?.starts_with("Today is"),
        "a push reached Alice while she blocked the bot"
    );

    // Bob leaves on the website and is a stranger again.
    walk.leave("zh-TW").await?;
    assert!(
        bob.ask("canary-of-bob")
            .await?
            .contains(house.ready.website.as_str())
    );

    walk.picture_simulator("canary-of-alice").await?;
    let secrets = secrets(&house, &[&alice, &bob]);
    house.stop().await;
    assert_clean(&log, &secrets)
}

/// Everything this process logs from here on, at a level that says more than any service does by default.
fn log_to_file() -> anyhow::Result<PathBuf> {
    let path = root().join("target/journey.log");
    let file = File::create(&path)?;
    tracing_subscriber::fmt()
        .json()
        .with_env_filter("debug,hyper_util=info,sqlx=info")
        .with_writer(Mutex::new(file))
        .init();
    Ok(path)
}

/// What the suite knows and no log may say.
fn secrets(house: &House, people: &[&Person]) -> Vec<String> {
    let line = &house.ready.line;
    let mut secrets: Vec<String> = [
        &line.channel_secret,
        &line.channel_access_token,
        &line.login_channel_secret,
        &house.ready.operator_token,
    ]
    .map(|secret| secret.expose_secret().to_owned())
    .to_vec();
    secrets.extend(people.iter().map(|person| person.id.clone()));
    secrets.extend(CANARIES.map(String::from));
    for caller in ["webhook", "register-server", "push-msg"] {
        let token = house.data.join(format!("identity/{caller}.token"));
        secrets.extend(std::fs::read_to_string(token));
    }
    secrets
}

fn assert_clean(log: &PathBuf, secrets: &[String]) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(log)?;
    assert!(text.contains("http"), "there is a log to look at");
    for (number, secret) in secrets.iter().enumerate() {
        let line = text.lines().find(|line| line.contains(secret.as_str()));
        assert!(
            line.is_none(),
            "secret {number} is in the log: {}",
            line.unwrap_or_default()
        );
    }
    for key in [
        "x-line-signature",
        "replyToken",
        "code_verifier",
        "id_token",
        "__Host-",
    ] {
        assert!(!text.contains(key), "{key} is in the log");
    }
    Ok(())
}
