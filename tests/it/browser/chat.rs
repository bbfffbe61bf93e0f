//! The journey in a real browser: register, chat, get a scheduled message, leave.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Mutex;

use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use testkit::browser::{Browser, Screen};
use testkit::people::Person;
use url::Url;

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
    register(&house, &browser, &alice, "en", "alice").await?;
    assert_eq!(alice.ask("canary-of-alice").await?, "canary-of-alice");

    // Bob is not a member: he gets the link, follows it from his chat, registers, and is echoed.
    bob.follow().await?;
    bob.hear().await?;
    bob.say("canary-of-bob").await?;
    assert!(bob.hear().await?.contains(house.ready.website.as_str()));
    register(&house, &browser, &bob, "zh-TW", "bob").await?;
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
    leave(&house, &browser, "zh-TW").await?;
    assert!(
        bob.ask("canary-of-bob")
            .await?
            .contains(house.ready.website.as_str())
    );

    picture_the_rest(&house, &browser).await?;
    let secrets = secrets(&house, &[&alice, &bob]);
    house.stop().await;
    assert_clean(&log, &secrets)
}

/// From the link in the chat to "you are a member".
async fn register(
    house: &House,
    browser: &Browser,
    person: &Person,
    lang: &str,
    who: &str,
) -> anyhow::Result<()> {
    let website = house.ready.website.as_str();
    tap_link(house, browser, person).await?;
    if lang != "en" {
        browser
            .click(&format!("a[hreflang='{lang}'], a[lang='{lang}']"))
            .await?;
    }
    picture(browser, &format!("home-{lang}")).await?;
    browser.click("a[href^='/auth/login']").await?;
    browser
        .find("button[value='allow'], button[name='allow'], #allow")
        .await?;
    picture(browser, &format!("line-consent-{who}")).await?;
    browser
        .click("button[value='allow'], button[name='allow'], #allow")
        .await?;
    browser.find("form[action='/member']").await?;
    picture(browser, &format!("register-{lang}")).await?;

    // Without the terms nothing is sent on; what was typed stays.
    browser
        .run("document.querySelector('form[action=\"/member\"]').noValidate = true")
        .await?;
    browser.click("form[action='/member'] button").await?;
    browser.find("[aria-invalid='true']").await?;
    picture(browser, &format!("register-refused-{lang}")).await?;
    browser.click("input[name='consent.terms']").await?;
    browser.click("input[name='consent.news']").await?;
    browser.click("form[action='/member'] button").await?;
    wait_for_page(browser, &format!("/{lang}/welcome")).await?;
    picture(browser, &format!("welcome-{lang}")).await?;
    browser.open(format!("{website}{lang}/membership")).await?;
    browser.find("form[action='/member/update']").await?;
    picture(browser, &format!("membership-{lang}")).await
}

async fn leave(house: &House, browser: &Browser, lang: &str) -> anyhow::Result<()> {
    browser
        .open(format!("{}{lang}/leave", house.ready.website))
        .await?;
    browser.find("form[action='/member/leave']").await?;
    picture(browser, &format!("leave-{lang}")).await?;
    browser.click("form[action='/member/leave'] button").await?;
    wait_for_page(browser, &format!("/{lang}/goodbye")).await?;
    picture(browser, &format!("goodbye-{lang}")).await
}

/// The pages that the journey does not pass.
async fn picture_the_rest(house: &House, browser: &Browser) -> anyhow::Result<()> {
    let website = house.ready.website.as_str();
    for (name, path) in [
        ("sign-in-cancelled-en", "en/sign-in-failed/cancelled"),
        ("sign-in-expired-th", "th/sign-in-failed/expired"),
        ("sign-in-unavailable-ja", "ja/sign-in-failed/unavailable"),
        ("home-ja", "ja/"),
        ("home-th", "th/"),
        ("not-found-en", "en/nothing-here"),
    ] {
        browser.open(format!("{website}{path}")).await?;
        browser.find("main h1").await?;
        picture(browser, name).await?;
    }
    browser.open(simulator(house)?).await?;
    browser.find_text("canary-of-alice").await?;
    picture(browser, "simulator").await
}

/// Taps the link that the bot sent, on the simulator's page: it opens in that person's own in-app browser, a new tab.
async fn tap_link(house: &House, browser: &Browser, person: &Person) -> anyhow::Result<()> {
    browser.resize(Screen::DESKTOP).await?;
    browser.open(simulator(house)?).await?;
    let before = browser.windows().await?;
    browser
        .click(&format!("a[href*='{}/open']", person.id))
        .await?;
    let opened = browser.windows().await?;
    let tab = opened
        .iter()
        .find(|window| !before.contains(window))
        .context("the link opens a tab")?;
    browser.switch_to(tab).await
}

fn simulator(house: &House) -> anyhow::Result<&Url> {
    house
        .ready
        .simulator
        .as_ref()
        .context("the simulator is part of this suite")
}

async fn wait_for_page(browser: &Browser, path: &str) -> anyhow::Result<()> {
    browser
        .find(&format!(
            "html[lang] link[rel='canonical'][href$='{path}'], main[data-path='{path}'], body"
        ))
        .await?;
    let url = browser.url().await?;
    anyhow::ensure!(url.ends_with(path), "expected a page {path}, at {url}");
    Ok(())
}

async fn picture(browser: &Browser, name: &str) -> anyhow::Result<()> {
    for screen in [Screen::PHONE, Screen::DESKTOP] {
        browser.resize(screen).await?;
        let file = format!("target/screenshots/{name}-{}.png", screen.name);
        browser.screenshot(&root().join(file)).await?;
    }
    Ok(())
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
