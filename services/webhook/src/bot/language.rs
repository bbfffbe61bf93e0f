use std::fmt;
use std::str::FromStr;

/// A language that the bot speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Traditional Chinese as written in Taiwan.
    ZhTw,
    /// Japanese.
    Ja,
    /// Thai.
    Th,
    /// English.
    #[default]
    En,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ZhTw, Self::Ja, Self::Th, Self::En];

    /// Its BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ZhTw => "zh-TW",
            Self::Ja => "ja",
            Self::Th => "th",
            Self::En => "en",
        }
    }

    /// The language that serves a reader of `tag` (BCP 47), if one does: `zh-Hant` reads zh-TW, `en-US` reads en.
    pub fn serving(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|language| {
            let (own, _) = language
                .tag()
                .split_once('-')
                .unwrap_or((language.tag(), ""));
            own.eq_ignore_ascii_case(primary)
        })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(tag))
            .ok_or(UnknownLanguage)
    }
}

/// The bot does not speak it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bot speaks zh-TW, ja, th and en")]
pub struct UnknownLanguage;
