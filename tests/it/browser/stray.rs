//! People who reload, go back, send twice, use two tabs, or come back after a week.

use std::time::Duration;

use testkit::browser::Browser;
use testkit::people::Person;

use super::walk::{ALLOW, REGISTER, SAVE, SIGN_IN, Walk};
use crate::house::House;

const A_WEEK: Duration = Duration::from_hours(7 * 24);

#[tokio::test]
async fn every_stray_step_leads_to_a_sensible_page() -> anyhow::Result<()> {
    let house = House::start().await;
    let browser = Browser::start().await?;
    let walk = Walk::new(&house, &browser);
    let person = house.sim.add_friend("Alice Whitfield", "en").await?;
    sign_in_a_week_late(&walk, &person).await?;
    let first = browser.windows().await?.pop().unwrap_or_default();

    register_in_two_tabs(&walk, &first).await?;
    go_back_and_reload(&walk).await?;
    return_after_a_week(&walk).await?;
    sign_out_everywhere_and_come_back_to_where_they_were(&walk).await?;
    leave_in_one_tab_and_save_in_another(&walk).await?;
    house.stop().await;
    Ok(())
}

/// LINE's page lay open for a week: the page that says so has a way on, and it works.
async fn sign_in_a_week_late(walk: &Walk<'_>, person: &Person) -> anyhow::Result<()> {
    let browser = walk.browser;
    walk.tap_link(person).await?;
    browser.click(SIGN_IN).await?;
    browser.find(ALLOW).await?;
    walk.age(A_WEEK).await?;
    browser.click(ALLOW).await?;
    walk.is_at("en/sign-in-failed/expired").await?;
    browser
        .click("main a[href*='without_auto_login=true']")
        .await?;
    // They allowed it already: LINE need not ask twice.
    walk.is_at("en/register").await
}

/// Two tabs show the form; both are sent.
async fn register_in_two_tabs(walk: &Walk<'_>, first: &str) -> anyhow::Result<()> {
    let browser = walk.browser;
    browser.open_tab().await?;
    walk.open("en/register").await?;
    browser.click("input[name='consent.terms']").await?;
    browser.click(REGISTER).await?;
    walk.is_at("en/welcome").await?;
    browser.switch_to(first).await?;
    browser.click("input[name='consent.terms']").await?;
    browser.click(REGISTER).await?;
    walk.is_at("en/membership").await?;
    let notice = browser.text(".notice").await?;
    assert_eq!(notice, "You are a member already. Nothing was changed.");
    Ok(())
}

async fn go_back_and_reload(walk: &Walk<'_>) -> anyhow::Result<()> {
    let browser = walk.browser;
    browser.reload().await?;
    walk.is_at("en/membership").await?;
    let notices = "return document.querySelectorAll('.notice').length";
    assert_eq!(browser.run(notices).await?, 0, "news is told once");
    // Back is the form that was sent: a member has nothing to do there.
    browser.back().await?;
    walk.is_at("en/membership").await?;

    // Sent twice before the first answer: the second is the same as the first.
    walk.open("en/membership").await?;
    browser.fill("#display_name", "Alicia").await?;
    browser
        .run("const form = document.querySelector(\"form[action='/member/update']\"); form.submit(); form.submit();")
        .await?;
    browser.find(".notice.done").await?;
    assert_eq!(browser.text(".card-name").await?, "Alicia");
    Ok(())
}

async fn return_after_a_week(walk: &Walk<'_>) -> anyhow::Result<()> {
    let browser = walk.browser;
    // A page that lay open for a week, and is sent.
    walk.open("en/membership").await?;
    walk.age(A_WEEK).await?;
    browser.click(SAVE).await?;
    browser.find(".notice").await?;
    assert_eq!(
        browser.text(".notice").await?,
        "Please sign in with LINE to go on."
    );
    browser.find(SIGN_IN).await?;
    // A page that is asked for after a week.
    walk.open("en/membership").await?;
    browser.find(SIGN_IN).await?;
    assert_eq!(
        browser.text(".notice").await?,
        "Please sign in with LINE to go on."
    );
    // LINE knows them, and lets them in at once.
    browser.click(SIGN_IN).await?;
    walk.is_at("en/membership").await
}

async fn sign_out_everywhere_and_come_back_to_where_they_were(
    walk: &Walk<'_>,
) -> anyhow::Result<()> {
    let browser = walk.browser;
    browser.click("input[name='everywhere'] + button").await?;
    walk.is_at("en/").await?;
    assert_eq!(
        browser.text(".notice").await?,
        "You are signed out, in this browser and in every other."
    );
    walk.look("home-signed-out-everywhere").await?;
    // A link that was kept leads where it says, by way of signing in.
    walk.open("en/leave").await?;
    browser.click(SIGN_IN).await?;
    walk.is_at("en/leave").await?;
    walk.open("en/membership").await
}

async fn leave_in_one_tab_and_save_in_another(walk: &Walk<'_>) -> anyhow::Result<()> {
    let browser = walk.browser;
    let here = browser
        .windows()
        .await?
        .first()
        .cloned()
        .unwrap_or_default();
    walk.open("en/membership").await?;
    let current = browser.open_tab().await?;
    walk.leave("en").await?;
    // Reloading goodbye is goodbye.
    browser.reload().await?;
    walk.is_at("en/goodbye").await?;
    for window in browser.windows().await? {
        if window == current || window == here {
            continue;
        }
        browser.switch_to(&window).await?;
        if browser.url().await?.ends_with("en/membership") {
            browser.click(SAVE).await?;
            browser.find(SIGN_IN).await?;
            return Ok(());
        }
    }
    anyhow::bail!("the other tab is gone")
}
