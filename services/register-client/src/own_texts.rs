//! What the operator says in place of our own words.

use std::collections::{BTreeMap, HashMap};

use member_session::Language;

/// The texts that may be the operator's, and how many characters each may have. What the law, LINE or a form needs to be
/// said is not among them.
const OPEN: [(&str, usize); 13] = [
    ("home.heading", 60),
    ("home.lead", 300),
    ("home.member_lead", 300),
    ("gives.heading", 60),
    ("gives.chat.title", 60),
    ("gives.chat.text", 200),
    ("gives.messages.title", 60),
    ("gives.messages.text", 200),
    ("gives.leaving.title", 60),
    ("gives.leaving.text", 200),
    ("welcome.heading", 60),
    ("welcome.lead", 300),
    ("goodbye.again", 300),
];

/// The operator's words, by their key and language. Where they lack a language, it has ours.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnTexts(Written);

/// As they stand in the file.
pub(crate) type Written = BTreeMap<String, HashMap<Language, String>>;

/// Why a text is of no use.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// There is no such text, or it is not the operator's to change.
    #[error("{key} is not one of the texts that a brand may change: {}", OPEN.map(|(key, _)| key).join(", "))]
    Closed {
        /// Which text.
        key: String,
    },
    /// It says nothing, or more than there is room for.
    #[error("{key} in {language} needs 1 to {limit} characters on one line")]
    Length {
        /// Which text.
        key: String,
        /// In which language.
        language: &'static str,
        /// How many characters it may have.
        limit: usize,
    },
    /// Nothing would be filled in.
    #[error("{key} in {language} has a placeholder that it cannot have")]
    Placeholder {
        /// Which text.
        key: String,
        /// In which language.
        language: &'static str,
    },
}

impl OwnTexts {
    pub(crate) fn parse(mut written: Written) -> Result<Self, TextError> {
        for (key, words) in &mut written {
            let open = OPEN.iter().find(|(name, _)| name == key);
            let Some((_, limit)) = open else {
                return Err(TextError::Closed { key: key.clone() });
            };
            for (language, text) in words {
                *text = text.trim().to_owned();
                check(key, *language, text, *limit)?;
            }
        }
        Ok(Self(written))
    }

    /// The operator's own words for the text called `key`.
    pub(crate) fn get(&self, key: &str, language: Language) -> Option<&str> {
        self.0.get(key)?.get(&language).map(String::as_str)
    }
}

fn check(key: &str, language: Language, text: &str, limit: usize) -> Result<(), TextError> {
    let fits = (1..=limit).contains(&text.chars().count());
    if !fits || text.contains(char::is_control) {
        return Err(TextError::Length {
            key: key.to_owned(),
            language: language.tag(),
            limit,
        });
    }
    let ours = rust_i18n::t!(key, locale = language.tag());
    let placeholders = text.split("%{").skip(1);
    let mut names = placeholders.map(|rest| rest.split_once('}').map(|(name, _)| name));
    let is_known = |name: &str| name == "brand" || ours.contains(&format!("%{{{name}}}"));
    if names.all(|name| name.is_some_and(is_known)) {
        Ok(())
    } else {
        Err(TextError::Placeholder {
            key: key.to_owned(),
            language: language.tag(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(yaml: &str) -> Result<OwnTexts, TextError> {
        OwnTexts::parse(serde_norway::from_str(yaml).unwrap())
    }

    #[test]
    fn every_text_that_is_open_is_one_of_ours() {
        for (key, limit) in OPEN {
            for language in Language::ALL {
                let ours = rust_i18n::t!(key, locale = language.tag());
                assert!(ours != format!("{}.{key}", language.tag()), "{key}");
                assert!(ours.chars().count() <= limit, "{key} in {language:?}");
            }
        }
    }

    #[test]
    fn words_that_cannot_be_meant_are_refused() {
        for (yaml, says) in [
            (
                "leave.notified: { en: Nobody is told }",
                "leave.notified is not",
            ),
            ("home.headline: { en: Hello }", "home.headline is not"),
            ("home.lead: { ja: '' }", "home.lead in ja"),
            ("home.heading: { en: \"two\\nlines\" }", "on one line"),
            ("home.lead: { en: 'Hello %{name}' }", "placeholder"),
            ("home.lead: { en: 'Hello %{brand' }", "placeholder"),
        ] {
            let refused = parse(yaml).unwrap_err().to_string();
            assert!(refused.contains(says), "{yaml}: {refused}");
        }
        let long = format!("home.heading: {{ th: {} }}", "ก".repeat(61));
        assert!(matches!(parse(&long), Err(TextError::Length { .. })));
    }

    #[test]
    fn what_is_not_said_is_ours() {
        let own = parse("welcome.heading: { en: 'Hi %{name}, this is %{brand}' }").unwrap();
        let say = |language| own.get("welcome.heading", language);
        assert_eq!(say(Language::En), Some("Hi %{name}, this is %{brand}"));
        assert_eq!(say(Language::Ja), None);
    }
}
