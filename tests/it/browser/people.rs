//! The journey of people whose browsers are not like most.

use serde_json::Value;
use testkit::browser::{Browser, Key, Scheme, Screen};

use super::walk::{ALLOW, REGISTER, SAVE, SIGN_IN, Walk};
use crate::house::House;

#[tokio::test]
async fn without_javascript() -> anyhow::Result<()> {
    let house = House::start().await;
    let browser = Browser::start().await?;
    let walk = Walk::new(&house, &browser);
    let person = house.sim.add_friend("Alice Whitfield", "en").await?;
    walk.tap_link(&person).await?;
    browser.let_scripts_run(false).await?;
    walk.open("en/").await?;
    browser.click(SIGN_IN).await?;
    browser.click(ALLOW).await?;
    walk.is_at("en/register").await?;
    browser.click(REGISTER).await?;
    browser.find("[aria-invalid='true']").await?;
    walk.expect_nothing_wrong("the form without JavaScript")
        .await?;
    browser.click("input[name='consent.terms']").await?;
    browser.click(REGISTER).await?;
    walk.is_at("en/welcome").await?;
    walk.open("en/membership").await?;
    browser.fill("#display_name", "Alicia").await?;
    browser.click("input[name='consent.news']").await?;
    browser.click(SAVE).await?;
    browser.find(".notice.done").await?;
    assert_eq!(browser.text(".card-name").await?, "Alicia");
    walk.leave("en").await?;
    house.stop().await;
    Ok(())
}

#[tokio::test]
async fn with_text_twice_as_large() -> anyhow::Result<()> {
    let house = House::start().await;
    let browser = Browser::start_with_text(200).await?;
    let walk = Walk::new(&house, &browser);
    let person = house.sim.add_friend("ผู้อ่านตัวโต", "th").await?;
    walk.tap_link(&person).await?;
    for lang in ["th", "en", "ja", "zh-TW"] {
        walk.open(&format!("{lang}/")).await?;
        look_closely(&walk, &format!("large-text-home-{lang}")).await?;
    }
    let size = "return parseFloat(getComputedStyle(document.body).fontSize)";
    assert_eq!(
        browser.run(size).await?,
        32.0,
        "the browser's setting is heeded"
    );
    walk.open("th/").await?;
    browser.click(SIGN_IN).await?;
    browser.click(ALLOW).await?;
    walk.is_at("th/register").await?;
    browser.click(REGISTER).await?;
    browser.find("[aria-invalid='true']").await?;
    look_closely(&walk, "large-text-register-refused").await?;
    browser.click("input[name='consent.terms']").await?;
    browser.click("input[name='consent.news']").await?;
    browser.click(REGISTER).await?;
    walk.is_at("th/welcome").await?;
    look_closely(&walk, "large-text-welcome").await?;
    walk.open("th/membership").await?;
    look_closely(&walk, "large-text-membership").await?;
    walk.leave("th").await?;
    house.stop().await;
    Ok(())
}

async fn look_closely(walk: &Walk<'_>, name: &str) -> anyhow::Result<()> {
    for screen in [Screen::DESKTOP, Screen::PHONE] {
        walk.browser.resize(screen).await?;
        walk.browser.prefer(Scheme::Light).await?;
        walk.picture(&format!("{name}-{}", screen.name)).await?;
        walk.expect_nothing_wrong(name).await?;
    }
    Ok(())
}

#[tokio::test]
async fn with_the_keyboard_alone() -> anyhow::Result<()> {
    let house = House::start().await;
    let browser = Browser::start().await?;
    let walk = Walk::new(&house, &browser);
    let person = house.sim.add_friend("Alice Whitfield", "en").await?;
    walk.tap_link(&person).await?;
    use_next(&browser, SIGN_IN, Key::Enter).await?;
    use_next(&browser, ALLOW, Key::Enter).await?;
    walk.is_at("en/register").await?;
    use_next(&browser, REGISTER, Key::Enter).await?;
    browser.find(".errors").await?;
    // From the summary, the link leads to the box, and the box is ticked where it leads.
    use_next(&browser, ".errors a[href='#consent.terms']", Key::Enter).await?;
    reach(&browser, "input[name='consent.terms']").await?;
    browser.press(Key::Space).await?;
    use_next(&browser, REGISTER, Key::Enter).await?;
    walk.is_at("en/welcome").await?;
    use_next(&browser, "main a[href$='/membership']", Key::Enter).await?;
    walk.is_at("en/membership").await?;
    use_next(&browser, "input[name='topic.offers']", Key::Space).await?;
    use_next(&browser, SAVE, Key::Enter).await?;
    browser.find(".notice.done").await?;
    use_next(&browser, "main a[href$='/leave']", Key::Enter).await?;
    walk.is_at("en/leave").await?;
    use_next(&browser, "form[action='/member/leave'] button", Key::Enter).await?;
    walk.is_at("en/goodbye").await?;
    house.stop().await;
    Ok(())
}

/// Goes on with the tabulator until this has the focus, and uses it.
async fn use_next(browser: &Browser, css: &str, key: Key) -> anyhow::Result<()> {
    browser.find(css).await?;
    browser.press(Key::Tab).await?;
    reach(browser, css).await?;
    browser.press(key).await
}

/// Goes on until this has the focus. Whatever has it on the way shows that it has.
async fn reach(browser: &Browser, css: &str) -> anyhow::Result<()> {
    for _ in 0..60 {
        let focus = browser
            .run(&format!(
                "const at = document.activeElement;
                 const shown = at === document.body || getComputedStyle(at).outlineStyle !== 'none';
                 return [at.matches(\"{css}\"), shown, at.outerHTML.slice(0, 120)]"
            ))
            .await?;
        anyhow::ensure!(focus[1] == true, "the focus does not show on {}", focus[2]);
        if focus[0] == Value::Bool(true) {
            return Ok(());
        }
        browser.press(Key::Tab).await?;
    }
    anyhow::bail!("no way to {css} with the keyboard")
}
