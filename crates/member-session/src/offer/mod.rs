//! What membership asks for and offers: the document that both halves of the website are given.

mod document;
mod legal;
#[cfg(test)]
mod tests;
mod words;

use std::path::{Path, PathBuf};

pub use legal::{Legal, LegalText};
pub use words::Words;

/// What membership asks for and offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The terms of membership.
    pub terms: LegalText,
    /// The privacy notice.
    pub privacy: LegalText,
    /// What people are asked to agree to, in the order of the page.
    pub consents: Vec<ConsentOffer>,
    /// What members may hear of, in the order of the page.
    pub topics: Vec<TopicOffer>,
}

/// A consent that the website asks for, unticked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentOffer {
    /// What for: `terms`, `news`, …
    pub purpose: String,
    /// Which version of its text.
    pub version: String,
    /// Whether membership is impossible without it.
    pub required: bool,
    /// What the box says.
    pub label: Words,
    /// What it means.
    pub detail: Words,
    /// The text to read before.
    pub reads: Option<Legal>,
    /// SHA-256, in hex, of the text that is agreed to: of the file to be read, or else of label, line break, detail.
    pub text_digest: Words,
}

/// Something that members may hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicOffer {
    /// What campaigns and the members' API call it.
    pub name: String,
    /// What the box says.
    pub title: Words,
    /// What comes, and how often.
    pub detail: Words,
}

/// Why the document named by `MEMBERSHIP` is of no use.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// It, or a text that it names, cannot be read.
    #[error("MEMBERSHIP cannot be read from {}", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// It is not YAML, lacks a language, or says something that is not known.
    #[error("MEMBERSHIP is not understood: {}", .0.display())]
    Malformed(PathBuf, #[source] serde_norway::Error),
    /// Something in it cannot be meant.
    #[error("MEMBERSHIP: {0}")]
    Wrong(String),
}

impl Offer {
    /// What the document at `path` offers; what it leaves out, and all of it without one, is Kaiin's own.
    pub fn read(path: Option<&Path>) -> Result<Self, OfferError> {
        document::read(path)
    }

    /// The text of this kind.
    pub fn legal(&self, which: Legal) -> &LegalText {
        match which {
            Legal::Terms => &self.terms,
            Legal::Privacy => &self.privacy,
        }
    }

    /// The consent that is asked for under this name.
    pub fn consent(&self, purpose: &str) -> Option<&ConsentOffer> {
        self.consents.iter().find(|offer| offer.purpose == purpose)
    }
}
