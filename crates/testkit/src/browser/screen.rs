//! How people see a page: how large, in which colours, and whether they mind what moves.

use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::Browser;

/// How large a screen is, in CSS pixels.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// The name that its screenshots carry.
    pub name: &'static str,
    width: u32,
    height: u32,
}

impl Screen {
    /// A phone's.
    pub const PHONE: Self = Self {
        name: "phone",
        width: 360,
        height: 740,
    };
    /// A desk's.
    pub const DESKTOP: Self = Self {
        name: "desktop",
        width: 1280,
        height: 800,
    };
}

/// In which colours somebody likes their pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    /// Its name in style sheets, and in the names of screenshots.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Browser {
    /// Makes the screen this large. By the browser's own emulation: a window cannot be as narrow as a phone.
    pub async fn resize(&self, screen: Screen) -> anyhow::Result<()> {
        let metrics = json!({
            "width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await
            .map(drop)
    }

    /// Shows pages in this scheme, to somebody who would rather have nothing move.
    pub async fn prefer(&self, scheme: Scheme) -> anyhow::Result<()> {
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme.name() },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ] });
        self.devtools("Emulation.setEmulatedMedia", features)
            .await
            .map(drop)
    }

    /// Keeps a picture of the whole page.
    pub async fn screenshot(&self, path: &Path) -> anyhow::Result<()> {
        let capture = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.devtools("Page.captureScreenshot", capture).await?;
        let picture = picture["data"]
            .as_str()
            .context("the browser gave no picture")?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, BASE64_STANDARD.decode(picture)?)?;
        Ok(())
    }
}
