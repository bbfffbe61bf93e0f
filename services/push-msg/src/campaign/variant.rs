use std::sync::Arc;

use line_api::messaging::InvalidSend;
use serde_json::{Map, Value};

use super::content::Content;
use super::error::Wrong;
use super::{Variable, content};

/// The messages for the readers of one language.
#[derive(Debug, Clone)]
pub(crate) struct LanguageVariant {
    /// The language's BCP 47 tag as the document writes it, or `default`.
    pub(crate) tag: Arc<str>,
    pub(crate) contents: Arc<[Content]>,
}

impl LanguageVariant {
    pub(super) fn parse(tag: &str, objects: Vec<Map<String, Value>>) -> Result<Self, Wrong> {
        let count = objects.len();
        let contents = objects
            .into_iter()
            .enumerate()
            .map(|(index, object)| Content::parse(object).map_err(|wrong| wrong.item(index)))
            .collect::<Result<_, _>>()?;
        if !(1..=5).contains(&count) {
            return Err(Wrong::new(InvalidSend::Count.to_string()));
        }
        Ok(Self {
            tag: tag.into(),
            contents,
        })
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.contents.iter().flat_map(content::Content::variables)
    }

    pub(crate) fn is_personal(&self) -> bool {
        self.variables().any(Variable::is_personal)
    }
}

/// Whether this could be a language's BCP 47 tag.
pub(super) fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (2..=8).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && plain(part))
}

/// Which of the variants a reader of `tag` gets, by its place: their own language's, else that of a wider one
/// (RFC 4647, look-up), else any of the same primary language, else the first.
pub(crate) fn choose<'a>(
    mut tags: impl Iterator<Item = &'a str> + Clone,
    tag: Option<&str>,
) -> usize {
    let Some(mut wanted) = tag else {
        return 0;
    };
    loop {
        if let Some(place) = tags
            .clone()
            .position(|own| own.eq_ignore_ascii_case(wanted))
        {
            return place;
        }
        match wanted.rsplit_once('-') {
            Some((wider, _)) => wanted = wider,
            None => break,
        }
    }
    let primary = |tag: &'a str| tag.split('-').next().unwrap_or(tag);
    tags.position(|own| primary(own).eq_ignore_ascii_case(wanted))
        .unwrap_or(0)
}
