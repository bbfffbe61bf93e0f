use serde::Deserialize;

use super::Words;

/// A text that everybody may read, and that has versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Legal {
    /// What members and operator may expect of each other.
    Terms,
    /// What is held about people, and why.
    Privacy,
}

/// Such a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalText {
    /// Which version it is: whoever changes the text changes this.
    pub version: String,
    /// The text in Markdown, byte by byte as it was read.
    pub markdown: Words,
}

impl Legal {
    /// Its name in addresses and documents.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Terms => "terms",
            Self::Privacy => "privacy",
        }
    }
}
