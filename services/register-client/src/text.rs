//! What the pages say, in the language of the page. The texts are in `locales/`, one file per language.

use member_session::Words;

use crate::scene::Scene;

/// The text called `key`.
pub(crate) fn say(key: &str) -> String {
    fill(key, &[])
}

/// The text called `key`, the brand's own or ours, with each `%{name}` in it replaced.
pub(crate) fn fill(key: &str, values: &[(&str, &str)]) -> String {
    let scene = Scene::current();
    let (names, values): (Vec<&str>, Vec<String>) = values
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .chain([("brand", scene.site.brand.name.clone())])
        .unzip();
    let own = scene.site.brand.texts.get(key, scene.language);
    let ours = || rust_i18n::t!(key, locale = scene.language.tag());
    let text = own.map_or_else(ours, Into::into);
    rust_i18n::replace_patterns(&text, &names, &values)
}

/// Words of the operator's, in the language of the page.
pub(crate) fn words(words: &Words) -> String {
    let scene = Scene::current();
    words
        .get(scene.language)
        .replace("%{brand}", &scene.site.brand.name)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use member_session::Language;

    fn texts(language: Language) -> BTreeMap<String, String> {
        crate::_RUST_I18N_BACKEND
            .messages_for_locale(language.tag())
            .unwrap()
            .into_iter()
            .map(|(key, text)| (key.into_owned(), text.into_owned()))
            .collect()
    }

    /// The names in `%{name}`.
    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split("%{")
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect()
    }

    #[test]
    fn every_text_exists_in_every_language_with_the_same_placeholders() {
        let english = texts(Language::En);
        assert!(english.len() > 50, "the texts are read");
        for language in Language::ALL {
            let own = texts(language);
            let missing: Vec<_> = english
                .keys()
                .filter(|key| !own.contains_key(*key))
                .collect();
            let extra: Vec<_> = own
                .keys()
                .filter(|key| !english.contains_key(*key))
                .collect();
            assert!(
                missing.is_empty() && extra.is_empty(),
                "{language:?}: missing {missing:?}, extra {extra:?}"
            );
            for (key, text) in &own {
                assert!(!text.trim().is_empty(), "{language:?}: {key} is empty");
                assert_eq!(
                    placeholders(text),
                    placeholders(&english[key]),
                    "{language:?}: {key}"
                );
            }
        }
    }
}
