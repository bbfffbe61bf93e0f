//! What an operator would set in LINE's consoles, and choices that LINE leaves undocumented.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Whether calls are counted against LINE's rate limits.
    pub(crate) rate_limits: bool,
    /// Whether a multicast to a well-formed but unknown ID is refused; LINE's documents say both.
    pub(crate) refuse_unknown_multicast: bool,
    /// Whether the account is verified, which opens the follower list.
    pub(crate) verified: bool,
    #[serde(skip)]
    pub(crate) webhook: WebhookSettings,
    #[serde(skip)]
    pub(crate) callbacks: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate_limits: true,
            refuse_unknown_multicast: false,
            verified: false,
            webhook: WebhookSettings::default(),
            callbacks: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WebhookSettings {
    /// Where events are posted.
    pub(crate) url: Option<String>,
    /// "Use webhook" of the console.
    pub(crate) active: bool,
    /// "Webhook redelivery" of the console.
    pub(crate) redelivery: bool,
    /// How long after the start of each failed attempt the next one follows.
    pub(crate) redelivery_delays_ms: Vec<i64>,
    /// How long the bot has for its answer, in real time.
    pub(crate) timeout_ms: u64,
    /// Which bodies spell characters beyond ASCII as `\uXXXX`.
    pub(crate) escape: Escape,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            url: None,
            active: true,
            redelivery: false,
            redelivery_delays_ms: vec![1_000, 10_000, 60_000, 300_000],
            timeout_ms: 2_000,
            escape: Escape::Alternate,
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Escape {
    Never,
    Always,
    /// Every second body.
    Alternate,
}
