//! The website in an operator's own name, colours, pictures and words; and with a part of the suite gone.

use std::path::PathBuf;

use tempfile::TempDir;
use testkit::browser::Browser;

use super::walk::{ALLOW, CANCEL, REGISTER, SIGN_IN, Walk};
use crate::house::{House, root};

/// The brand that operators copy, and a chat to go to.
pub(super) fn folder() -> anyhow::Result<(TempDir, PathBuf)> {
    let sample = root().join("kustomize/components/brand");
    let folder = tempfile::tempdir()?;
    for picture in ["logo.svg", "logo-dark.svg"] {
        std::fs::copy(sample.join(picture), folder.path().join(picture))?;
    }
    let brand = std::fs::read_to_string(sample.join("brand.yaml.sample"))?;
    let file = folder.path().join("brand.yaml");
    let chat = "chat_link: https://line.me/R/ti/p/@lune\n";
    std::fs::write(&file, format!("{chat}{brand}"))?;
    Ok((folder, file))
}

#[tokio::test]
async fn the_operators_own_brand() -> anyhow::Result<()> {
    let (_folder, brand) = folder()?;
    let house = House::start_branded(Some(brand)).await;
    let browser = Browser::start().await?;
    let walk = Walk::new(&house, &browser);
    let person = house.sim.add_friend("Alice Whitfield", "en").await?;
    walk.tap_link(&person).await?;
    for (lang, says) in [
        ("zh-TW", "加入月光咖啡"),
        ("ja", "カフェ・ルーンの会員"),
        ("th", "เป็นสมาชิก Café Lune"),
        ("en", "The Café Lune club"),
    ] {
        walk.open(&format!("{lang}/")).await?;
        anyhow::ensure!(browser.text("h1").await?.contains(says), "{lang}");
        walk.look(&format!("brand-home-{lang}")).await?;
    }
    walk.open("en/").await?;
    browser.click(SIGN_IN).await?;
    browser.click(CANCEL).await?;
    walk.is_at("en/sign-in-failed/cancelled").await?;
    walk.look("brand-sign-in-cancelled").await?;
    browser.click(SIGN_IN).await?;
    browser.click(ALLOW).await?;
    walk.is_at("en/register").await?;
    browser.click(REGISTER).await?;
    browser.find("[aria-invalid='true']").await?;
    walk.look("brand-register-refused").await?;
    browser.click("input[name='consent.terms']").await?;
    browser.click(REGISTER).await?;
    walk.is_at("en/welcome").await?;
    walk.look("brand-welcome").await?;
    for page in ["membership", "leave", "terms", "nothing-here"] {
        walk.open(&format!("en/{page}")).await?;
        walk.look(&format!("brand-{page}")).await?;
    }
    walk.leave("en").await?;
    walk.look("brand-goodbye").await?;
    house.stop().await;
    Ok(())
}

/// Whichever part is gone: people hear so in their language, and what they may do.
#[tokio::test]
async fn a_part_that_is_away_has_a_page_that_says_so() -> anyhow::Result<()> {
    let house = House::start().await;
    let browser = Browser::start().await?;
    let walk = Walk::new(&house, &browser);
    let person = house.sim.add_friend("Alice Whitfield", "ja").await?;
    walk.register(&person, "ja").await?;
    // Anybody may read what operators' programs may ask for.
    walk.open("api/docs").await?;
    browser.find("h1").await?;
    walk.expect_no_barrier_in_any_scheme("api-docs").await?;
    house.stop_api_users().await;
    for part in ["api-users", "register-server"] {
        walk.open("ja/membership").await?;
        browser.find("main a[href='/ja/membership']").await?;
        walk.look(&format!("without-{part}")).await?;
        house.stop_register_server().await;
    }
    // Nobody is there to begin a sign-in, and nobody to take a form.
    walk.open("auth/login?lang=ja").await?;
    browser.find("main a[href='/ja/']").await?;
    walk.look("sign-in-without-register-server").await?;
    // What says nothing about anybody is there all the same.
    walk.open("ja/terms").await?;
    walk.look("terms-without-register-server").await?;
    house.stop().await;
    Ok(())
}
