use std::time::Duration;

/// How much any one member may be sent: at most so many messages of all campaigns together in a span that ends now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrequencyCap {
    /// At most so many, this one included; at least 1.
    pub messages: u32,
    /// Looking back so far; up to 31 days, which is as long as the ledger remembers.
    pub within: Duration,
}

/// What to do if the month's quota does not reach for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverQuota {
    /// Begin with nobody.
    #[default]
    Refuse,
    /// Send to as many as it reaches for, first come first served; the others are excluded.
    SendToFirst,
}
