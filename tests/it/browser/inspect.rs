//! What every page must keep, in every state: no barrier, nothing too small, nothing from elsewhere.

use std::sync::LazyLock;

use serde_json::{Value, json};
use testkit::browser::{Scheme, Screen};

use super::walk::Walk;
use crate::house::root;

/// axe-core, from npm; `cargo xtask test` fetches it.
static AXE: LazyLock<String> = LazyLock::new(|| {
    let path = root().join("target/tools/axe-core/axe.min.js");
    std::fs::read_to_string(path).expect("axe-core is there; `cargo xtask test` fetches it")
});
const OURS: &str = include_str!("inspect.js");

impl Walk<'_> {
    /// Looks at the page as somebody with a phone and somebody at a desk sees it, in the light and in the dark. Pictures
    /// of all four stay in `target/screenshots`.
    pub(super) async fn look(&self, name: &str) -> anyhow::Result<()> {
        for screen in [Screen::DESKTOP, Screen::PHONE] {
            self.browser.resize(screen).await?;
            for scheme in [Scheme::Dark, Scheme::Light] {
                self.browser.prefer(scheme).await?;
                let picture = format!("{name}-{}-{}", screen.name, scheme.name());
                self.picture(&picture).await?;
            }
            self.expect_nothing_wrong(name).await?;
        }
        self.expect_no_barrier_in_any_scheme(name).await?;
        self.expect_nothing_from_elsewhere(name).await
    }

    /// What differs between the schemes are the colours; between the screens, axe sees no difference.
    pub(super) async fn expect_no_barrier_in_any_scheme(&self, name: &str) -> anyhow::Result<()> {
        self.expect_no_barrier(name, &json!({})).await?;
        self.browser.prefer(Scheme::Dark).await?;
        let colours = json!({ "runOnly": ["color-contrast", "link-in-text-block"] });
        self.expect_no_barrier(name, &colours).await?;
        self.browser.prefer(Scheme::Light).await
    }

    /// axe-core finds nothing that keeps people out.
    async fn expect_no_barrier(&self, name: &str, options: &Value) -> anyhow::Result<()> {
        let run = format!(
            "if (!window.axe) {{ {} }}
             const found = await window.axe.run(document, {options});
             return found.violations.map((rule) => rule.id + ': ' +
                 rule.nodes.map((node) => node.html + ' ' + node.failureSummary).join('; '));",
            *AXE
        );
        let found = self.browser.run_async(&run).await?;
        anyhow::ensure!(found == json!([]), "{name}: axe-core finds {found:#}");
        Ok(())
    }

    /// Nothing is too small, too wide, without a label, or moves for those who mind.
    pub(super) async fn expect_nothing_wrong(&self, name: &str) -> anyhow::Result<()> {
        let wrong = self.browser.run(OURS).await?;
        anyhow::ensure!(wrong == json!([]), "{name}: {wrong:#}");
        Ok(())
    }

    /// No page of the website asked anybody else for anything.
    pub(crate) async fn expect_nothing_from_elsewhere(&self, name: &str) -> anyhow::Result<()> {
        let website = self.website.as_str();
        let mut seen = 0;
        for request in self.browser.requests().await? {
            let is_ours = request.page.starts_with(website) && !request.page.contains("/auth/");
            seen += u32::from(is_ours);
            anyhow::ensure!(
                !is_ours || request.url.starts_with(website),
                "{name}: {} asks {}",
                request.page,
                request.url
            );
        }
        anyhow::ensure!(seen > 0, "{name}: what the page asked for was not seen");
        Ok(())
    }
}
