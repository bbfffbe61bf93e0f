//! Reading the document.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;

use super::{ConsentOffer, Legal, LegalText, Offer, OfferError, TopicOffer, Words};

const DEFAULT: &str = include_str!("../../texts/membership.yaml");
/// The members' API takes no more at once.
const MOST: usize = 50;

/// The document as it is written. What is left out is Kaiin's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    terms: Option<Text>,
    privacy: Option<Text>,
    consents: Option<Vec<Consent>>,
    topics: Option<Vec<Topic>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    version: String,
    /// Beside the document; `{lang}` stands for the language.
    files: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent {
    purpose: String,
    /// That of the text to be read, if there is one.
    version: Option<String>,
    required: bool,
    reads: Option<Legal>,
    label: Words,
    detail: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    name: String,
    title: Words,
    detail: Words,
}

pub(super) fn read(path: Option<&Path>) -> Result<Offer, OfferError> {
    let default: Document = serde_norway::from_str(DEFAULT)
        .map_err(|source| OfferError::Malformed("membership.yaml".into(), source))?;
    let (own, folder) = match path {
        None => (None, Path::new("")),
        Some(path) => {
            let own: Document = serde_norway::from_str(&text_of(path)?)
                .map_err(|source| OfferError::Malformed(path.to_owned(), source))?;
            (Some(own), path.parent().unwrap_or(Path::new("")))
        }
    };
    let own = own.unwrap_or(Document {
        terms: None,
        privacy: None,
        consents: None,
        topics: None,
    });
    let legal = |own: Option<Text>, default: Option<Text>| match (own, default) {
        (Some(text), _) => legal_text(text, |file| text_of(&folder.join(file))),
        (None, Some(text)) => legal_text(text, |file| {
            built_in(file).ok_or_else(|| wrong(format!("there is no text {file}")))
        }),
        (None, None) => Err(wrong("a text is missing".to_owned())),
    };
    let terms = legal(own.terms, default.terms)?;
    let privacy = legal(own.privacy, default.privacy)?;
    let consents = own.consents.or(default.consents).unwrap_or_default();
    let topics = own.topics.or(default.topics).unwrap_or_default();
    distinct("purpose", consents.iter().map(|consent| &consent.purpose))?;
    distinct("topic", topics.iter().map(|topic| &topic.name))?;
    let mut offer = Offer {
        terms,
        privacy,
        consents: Vec::new(),
        topics: topics
            .into_iter()
            .map(parse_topic)
            .collect::<Result<_, _>>()?,
    };
    offer.consents = consents
        .into_iter()
        .map(|consent| parse_consent(consent, &offer))
        .collect::<Result<_, _>>()?;
    Ok(offer)
}

fn legal_text(
    text: Text,
    read: impl Fn(&str) -> Result<String, OfferError>,
) -> Result<LegalText, OfferError> {
    let version = parse_version(text.version, &text.files)?;
    let markdown = Words::each(|language| read(&text.files.replace("{lang}", language.tag())))?;
    spoken(&markdown, &text.files)?;
    Ok(LegalText { version, markdown })
}

fn parse_consent(consent: Consent, offer: &Offer) -> Result<ConsentOffer, OfferError> {
    let Consent {
        purpose,
        version,
        required,
        reads,
        label,
        detail,
    } = consent;
    let text = reads.map(|which| offer.legal(which));
    let version = match (version, text) {
        (Some(version), None) => parse_version(version, &purpose)?,
        (None, Some(text)) => text.version.clone(),
        (None, None) => return Err(wrong(format!("the consent {purpose} needs a version"))),
        (Some(_), Some(_)) => {
            return Err(wrong(format!(
                "the consent {purpose} has the version of the text that is read; leave out its own"
            )));
        }
    };
    spoken(&label, &purpose)?;
    spoken(&detail, &purpose)?;
    let text_digest = Words::each(|language| match text {
        Some(text) => Ok(hex_digest(text.markdown.get(language))),
        None => Ok::<_, OfferError>(hex_digest(&format!(
            "{}\n{}",
            label.get(language),
            detail.get(language)
        ))),
    })?;
    Ok(ConsentOffer {
        purpose,
        version,
        required,
        label,
        detail,
        reads,
        text_digest,
    })
}

fn parse_topic(topic: Topic) -> Result<TopicOffer, OfferError> {
    let Topic {
        name,
        title,
        detail,
    } = topic;
    spoken(&title, &name)?;
    spoken(&detail, &name)?;
    Ok(TopicOffer {
        name,
        title,
        detail,
    })
}

/// The members' API knows versions of 1 to 40 characters.
fn parse_version(version: String, of: &str) -> Result<String, OfferError> {
    if (1..=40).contains(&version.chars().count()) && !version.chars().any(char::is_control) {
        Ok(version)
    } else {
        Err(wrong(format!(
            "the version of {of} must be 1 to 40 characters"
        )))
    }
}

/// Names that the members' API knows, each of them once.
fn distinct<'n>(
    what: &str,
    names: impl ExactSizeIterator<Item = &'n String>,
) -> Result<(), OfferError> {
    if names.len() > MOST {
        return Err(wrong(format!(
            "more than {MOST} of one kind, {what}, are a mistake"
        )));
    }
    let mut seen = BTreeSet::new();
    for name in names {
        let is_known = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if !(1..=40).contains(&name.len()) || !name.bytes().all(is_known) {
            return Err(wrong(format!(
                "the {what} {name:?} must be 1 to 40 characters of a-z, 0-9 and -"
            )));
        }
        if !seen.insert(name) {
            return Err(wrong(format!("the {what} {name} is named twice")));
        }
    }
    Ok(())
}

/// Nobody can agree to what is not said.
fn spoken(words: &Words, of: &str) -> Result<(), OfferError> {
    match words.silent_in() {
        Some(language) => Err(wrong(format!("{of} has no words in {}", language.tag()))),
        None => Ok(()),
    }
}

fn text_of(path: &Path) -> Result<String, OfferError> {
    std::fs::read_to_string(path).map_err(|source| OfferError::Unreadable(path.to_owned(), source))
}

fn hex_digest(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn built_in(file: &str) -> Option<String> {
    let text = match file {
        "terms.zh-TW.md" => include_str!("../../texts/terms.zh-TW.md"),
        "terms.ja.md" => include_str!("../../texts/terms.ja.md"),
        "terms.th.md" => include_str!("../../texts/terms.th.md"),
        "terms.en.md" => include_str!("../../texts/terms.en.md"),
        "privacy.zh-TW.md" => include_str!("../../texts/privacy.zh-TW.md"),
        "privacy.ja.md" => include_str!("../../texts/privacy.ja.md"),
        "privacy.th.md" => include_str!("../../texts/privacy.th.md"),
        "privacy.en.md" => include_str!("../../texts/privacy.en.md"),
        _ => return None,
    };
    Some(text.to_owned())
}

fn wrong(what: String) -> OfferError {
    OfferError::Wrong(what)
}
