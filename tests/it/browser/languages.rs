//! The whole journey, once in each language, looking at every page on the way.

use std::time::Duration;

use testkit::browser::Browser;

use super::walk::{ALLOW, CANCEL, REGISTER, SAVE, SIGN_IN, Walk};
use crate::house::House;

/// Longer ago than a sign-in may be for a download.
const A_WHILE: Duration = Duration::from_mins(16);

#[tokio::test]
async fn in_traditional_chinese() -> anyhow::Result<()> {
    journey("zh-TW", "陳美玲").await
}

#[tokio::test]
async fn in_japanese() -> anyhow::Result<()> {
    journey("ja", "山田 花子").await
}

#[tokio::test]
async fn in_thai() -> anyhow::Result<()> {
    journey("th", "สมหญิง รักเรียน").await
}

#[tokio::test]
async fn in_english() -> anyhow::Result<()> {
    journey("en", "Alice Whitfield").await
}

async fn journey(lang: &str, name: &str) -> anyhow::Result<()> {
    let house = House::start().await;
    let browser = Browser::start().await?;
    let walk = Walk::new(&house, &browser);
    let person = house.sim.add(name, lang).await?;
    become_a_member(&walk, &person, lang).await?;
    change_things(&walk, lang).await?;
    walk.open(&format!("{lang}/leave")).await?;
    walk.look(&format!("leave-{lang}")).await?;
    sign_in_to_leave(&walk, &person, lang).await?;
    walk.leave(lang).await?;
    walk.look(&format!("goodbye-{lang}")).await?;
    see_the_rest(&walk, lang).await?;
    house.stop().await;
    Ok(())
}

async fn become_a_member(
    walk: &Walk<'_>,
    person: &testkit::people::Person,
    lang: &str,
) -> anyhow::Result<()> {
    let browser = walk.browser;
    person.follow().await?;
    person.hear().await?;
    walk.tap_link(person).await?;
    // The link is in the language of their LINE, and so is the page; the browser here asks for English.
    walk.is_at(&format!("{lang}/")).await?;
    let spoken = browser.run("return document.documentElement.lang").await?;
    anyhow::ensure!(spoken == lang, "the page says it is in {spoken}");
    walk.look(&format!("home-{lang}")).await?;

    browser.click(SIGN_IN).await?;
    browser.click(CANCEL).await?;
    walk.is_at(&format!("{lang}/sign-in-failed/cancelled"))
        .await?;
    walk.look(&format!("sign-in-cancelled-{lang}")).await?;
    browser.click(SIGN_IN).await?;
    browser.click(ALLOW).await?;
    walk.is_at(&format!("{lang}/register")).await?;
    walk.look(&format!("register-{lang}")).await?;
    walk.open(&format!("{lang}/")).await?;
    walk.look(&format!("home-signed-in-{lang}")).await?;

    // Without the terms nothing is sent on; what was typed stays.
    walk.open(&format!("{lang}/register")).await?;
    browser.fill("#display_name", "").await?;
    browser.click(REGISTER).await?;
    browser.find("[aria-invalid='true']").await?;
    walk.look(&format!("register-refused-{lang}")).await?;
    browser.fill("#display_name", "Mika").await?;
    browser.click("input[name='consent.terms']").await?;
    browser.click("input[name='consent.news']").await?;
    browser.click(REGISTER).await?;
    walk.is_at(&format!("{lang}/welcome")).await?;
    walk.look(&format!("welcome-{lang}")).await
}

async fn change_things(walk: &Walk<'_>, lang: &str) -> anyhow::Result<()> {
    let browser = walk.browser;
    let membership = format!("{lang}/membership");
    walk.open(&membership).await?;
    walk.look(&format!("membership-{lang}")).await?;
    browser
        .click("#quiet_from option[value=''] ~ option:nth-child(46)")
        .await?;
    browser.click("input[name='topic.events']").await?;
    browser.click(SAVE).await?;
    browser.find("#quiet_until[aria-invalid='true']").await?;
    walk.look(&format!("membership-refused-{lang}")).await?;
    browser.click("#quiet_until option:nth-child(16)").await?;
    browser
        .click("#time_zone option[value='Asia/Taipei']")
        .await?;
    browser.click(SAVE).await?;
    browser.find(".notice.done").await?;
    let saved = browser
        .run("return [document.querySelector('#quiet_from').value, document.querySelector('#quiet_until').value, document.querySelector('#time_zone').value, document.getElementById('topic.events').checked]")
        .await?;
    anyhow::ensure!(
        saved == serde_json::json!(["22:00", "07:00", "Asia/Taipei", true]),
        "{saved}"
    );

    browser
        .click("form[action='/member/withdraw'] button")
        .await?;
    browser.find(".held:not(:has(form))").await?;
    browser.click("summary").await?;
    walk.look(&format!("membership-history-{lang}")).await?;
    let withdrawn = browser
        .run("return document.querySelectorAll('.history li').length")
        .await?;
    anyhow::ensure!(
        withdrawn == 3,
        "terms, news, and news taken back: {withdrawn}"
    );

    walk.open(&format!("{lang}/")).await?;
    walk.look(&format!("home-member-{lang}")).await?;
    walk.age(A_WHILE).await?;
    walk.open(&membership).await?;
    browser
        .click("form[action='/member/download'] button")
        .await?;
    browser.find(".notice a[href^='/auth/login']").await?;
    walk.look(&format!("membership-sign-in-again-{lang}")).await
}

/// They took the access back in LINE's settings: the page asks them to sign in once more, and they do.
async fn sign_in_to_leave(
    walk: &Walk<'_>,
    person: &testkit::people::Person,
    lang: &str,
) -> anyhow::Result<()> {
    person.unlink().await?;
    walk.browser
        .click("form[action='/member/leave'] button")
        .await?;
    walk.browser.find("input[name='all_the_same']").await?;
    walk.look(&format!("leave-sign-in-{lang}")).await?;
    walk.browser.click(SIGN_IN).await?;
    walk.browser.click(ALLOW).await?;
    walk.is_at(&format!("{lang}/leave")).await
}

/// The pages that the journey does not pass.
async fn see_the_rest(walk: &Walk<'_>, lang: &str) -> anyhow::Result<()> {
    for (name, path) in [
        ("sign-in-expired", "sign-in-failed/expired"),
        ("sign-in-refused", "sign-in-failed/refused"),
        ("sign-in-too-many", "sign-in-failed/too-many"),
        ("sign-in-unavailable", "sign-in-failed/unavailable"),
        ("terms", "terms"),
        ("privacy", "privacy"),
        ("not-found", "nothing-here"),
    ] {
        walk.open(&format!("{lang}/{path}")).await?;
        walk.browser.find("main h1").await?;
        walk.look(&format!("{name}-{lang}")).await?;
    }
    Ok(())
}
