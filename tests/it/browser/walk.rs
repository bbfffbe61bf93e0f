//! The steps that people take through the website.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::{Connection as _, SqliteConnection};
use testkit::browser::{Browser, Scheme, Screen};
use testkit::people::Person;
use url::Url;

use crate::house::{House, root};

/// LINE's own page: the button that says yes, and the one that says no.
pub(crate) const ALLOW: &str = "button[value='allow']";
pub(super) const CANCEL: &str = "button[value='cancel'], button[value='deny']";
pub(crate) const SIGN_IN: &str = "main a[href^='/auth/login']";
pub(crate) const REGISTER: &str = "form[action='/member'] button";
pub(crate) const SAVE: &str = "form[action='/member/update'] > button";

/// Somebody walking through a website.
pub(crate) struct Walk<'a> {
    pub(super) website: Url,
    simulator: Option<Url>,
    /// Where the parts on one machine keep what they own.
    data: Option<&'a Path>,
    pub(super) browser: &'a Browser,
}

impl<'a> Walk<'a> {
    pub(super) fn new(house: &'a House, browser: &'a Browser) -> Self {
        Self {
            website: house.ready.website.clone(),
            simulator: house.ready.simulator.clone(),
            data: Some(&house.data),
            browser,
        }
    }

    /// Through a website that is not of this process.
    pub(crate) fn through(website: Url, browser: &'a Browser) -> Self {
        Self {
            website,
            simulator: None,
            data: None,
            browser,
        }
    }

    /// The address of a page.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{}", self.website, path.trim_start_matches('/'))
    }

    /// Opens a page.
    pub(crate) async fn open(&self, path: &str) -> anyhow::Result<()> {
        self.browser.open(self.address(path)).await
    }

    /// Whether the page at `path` is open.
    pub(crate) async fn is_at(&self, path: &str) -> anyhow::Result<()> {
        // Of all pages, only this one marks this place in its language switch.
        let here = format!("nav a[aria-current][href='/{path}']");
        let found = self.browser.find(&here).await;
        let url = self.browser.url().await?;
        found.with_context(|| format!("at {url}"))?;
        anyhow::ensure!(url == self.address(path), "expected {path}, at {url}");
        Ok(())
    }

    /// Taps the link that the bot sent, on the simulator's page: it opens in that person's own in-app browser, a tab.
    pub(super) async fn tap_link(&self, person: &Person) -> anyhow::Result<()> {
        let browser = self.browser;
        browser.resize(Screen::DESKTOP).await?;
        browser.open(self.simulator()?).await?;
        let before = browser.windows().await?;
        browser
            .click(&format!("a[href*='{}/open']", person.id))
            .await?;
        let opened = browser.windows().await?;
        let tab = opened
            .iter()
            .find(|window| !before.contains(window))
            .context("the link opens a tab")?;
        browser.switch_to(tab).await?;
        browser.resize(Screen::PHONE).await?;
        browser.prefer(Scheme::Light).await?;
        browser.find("main h1").await.map(drop)
    }

    /// From the link in the chat to the form.
    pub(super) async fn sign_in(&self, person: &Person, lang: &str) -> anyhow::Result<()> {
        self.tap_link(person).await?;
        self.open(&format!("{lang}/")).await?;
        self.browser.click(SIGN_IN).await?;
        self.browser.click(ALLOW).await?;
        self.browser.find("main h1").await.map(drop)
    }

    /// From the link in the chat to "you are a member", with news.
    pub(super) async fn register(&self, person: &Person, lang: &str) -> anyhow::Result<()> {
        self.sign_in(person, lang).await?;
        self.browser.click("input[name='consent.terms']").await?;
        self.browser.click("input[name='consent.news']").await?;
        self.browser.click(REGISTER).await?;
        self.is_at(&format!("{lang}/welcome")).await
    }

    /// From my membership to goodbye.
    pub(crate) async fn leave(&self, lang: &str) -> anyhow::Result<()> {
        self.open(&format!("{lang}/leave")).await?;
        self.browser
            .click("form[action='/member/leave'] button")
            .await?;
        self.is_at(&format!("{lang}/goodbye")).await
    }

    /// As if so much more time had passed since people signed in, or went to do so.
    pub(super) async fn age(&self, span: Duration) -> anyhow::Result<()> {
        let file = self
            .data
            .context("it is not here")?
            .join("register-server.db");
        let mut store = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await?;
        let millis = i64::try_from(span.as_millis())?;
        for change in [
            "update session set created_at = created_at - $1, last_seen_at = last_seen_at - $1",
            "update login set created_at = created_at - $1",
        ] {
            sqlx::query(change).bind(millis).execute(&mut store).await?;
        }
        Ok(store.close().await?)
    }

    /// Keeps a picture of the page as it is, from its top: what stays in view would else be in the middle of it.
    pub(super) async fn picture(&self, name: &str) -> anyhow::Result<()> {
        self.browser.run("scrollTo(0, 0)").await?;
        let file = format!("target/screenshots/{name}.png");
        self.browser.screenshot(&root().join(file)).await
    }

    /// The simulator's page, with a line of somebody's chat on it.
    pub(super) async fn picture_simulator(&self, line: &str) -> anyhow::Result<()> {
        self.browser.resize(Screen::DESKTOP).await?;
        self.browser.open(self.simulator()?).await?;
        self.browser.find_text(line).await?;
        self.picture("simulator").await
    }

    fn simulator(&self) -> anyhow::Result<&Url> {
        let simulator = self.simulator.as_ref();
        simulator.context("the simulator is part of this suite")
    }
}
