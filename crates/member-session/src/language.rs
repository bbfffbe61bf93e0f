use serde::{Deserialize, Serialize};

/// The cookie in which register-client keeps the language of the page that a visitor saw last.
pub const LANGUAGE_COOKIE: &str = "kaiin-lang";

/// A language that the website speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// Traditional Chinese as written in Taiwan.
    #[serde(rename = "zh-TW")]
    ZhTw,
    /// Japanese.
    #[serde(rename = "ja")]
    Ja,
    /// Thai.
    #[serde(rename = "th")]
    Th,
    /// English.
    #[default]
    #[serde(rename = "en")]
    En,
}

impl Language {
    /// All of them, in the order of the language switch.
    pub const ALL: [Self; 4] = [Self::ZhTw, Self::Ja, Self::Th, Self::En];

    /// Its BCP 47 tag, as in `lang` attributes and in paths.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ZhTw => "zh-TW",
            Self::Ja => "ja",
            Self::Th => "th",
            Self::En => "en",
        }
    }

    /// The language whose tag is exactly `tag`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The language that serves a reader of `tag` (BCP 47), if one does: `zh-Hant` and `zh-HK` read zh-TW, `en-US` reads en.
    pub fn serving(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::ZhTw),
            "ja" => Some(Self::Ja),
            "th" => Some(Self::Th),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}
