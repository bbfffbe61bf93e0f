use serde::Deserialize;

use crate::Language;

/// The same text in every language. Nobody may be left without.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    #[serde(rename = "zh-TW")]
    zh_tw: String,
    ja: String,
    th: String,
    en: String,
}

impl Words {
    /// The text in this language.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::ZhTw => &self.zh_tw,
            Language::Ja => &self.ja,
            Language::Th => &self.th,
            Language::En => &self.en,
        }
    }

    /// What `make` makes for each language.
    pub(super) fn each<E>(make: impl Fn(Language) -> Result<String, E>) -> Result<Self, E> {
        Ok(Self {
            zh_tw: make(Language::ZhTw)?,
            ja: make(Language::Ja)?,
            th: make(Language::Th)?,
            en: make(Language::En)?,
        })
    }

    /// A language in which nothing is said.
    pub(super) fn silent_in(&self) -> Option<Language> {
        Language::ALL
            .into_iter()
            .find(|language| self.get(*language).trim().is_empty())
    }
}
