use std::fs;

use super::*;
use crate::Language;

const NEWS: &str = r#"
  - purpose: news
    version: "7"
    required: true
    label: { zh-TW: 消息, ja: お知らせ, th: ข่าว, en: News }
    detail: { zh-TW: 一, ja: 二, th: สาม, en: four }
"#;

fn read(document: &str) -> Result<Offer, OfferError> {
    let folder = tempfile::tempdir().unwrap();
    for language in Language::ALL {
        let file = folder.path().join(format!("agb.{}.md", language.tag()));
        fs::write(file, format!("# Text\n\nin {}\n", language.tag())).unwrap();
    }
    let path = folder.path().join("membership.yaml");
    fs::write(&path, document).unwrap();
    Offer::read(Some(&path))
}

/// What the operator is told.
fn told(document: &str) -> String {
    let error = read(document).unwrap_err();
    let source = std::error::Error::source(&error).map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

#[test]
fn kaiins_own_offer_has_terms_news_and_both_texts() {
    let offer = Offer::read(None).unwrap();
    let consents: Vec<_> = offer
        .consents
        .iter()
        .map(|consent| {
            (
                consent.purpose.as_str(),
                consent.version.as_str(),
                consent.required,
            )
        })
        .collect();
    assert_eq!(consents, [("terms", "1", true), ("news", "1", false)]);
    assert!(offer.topics.is_empty());
    for language in Language::ALL {
        assert!(offer.privacy.markdown.get(language).starts_with("# "));
    }
}

#[test]
fn what_is_left_out_is_kaiins_own() {
    let offer = read(&format!("consents:{NEWS}")).unwrap();
    assert_eq!(offer.consents.len(), 1);
    assert_eq!(offer.terms, Offer::read(None).unwrap().terms);
}

/// `printf 'News\nfour' | sha256sum` and `printf '# Text\n\nin en\n' | sha256sum` say the same.
#[test]
fn a_digest_is_of_what_was_read() {
    let document = format!(
        "terms: {{ version: \"2026-01\", files: \"agb.{{lang}}.md\" }}\nconsents:{NEWS}  - purpose: terms
    reads: terms
    required: true
    label: {{ zh-TW: a, ja: b, th: c, en: d }}
    detail: {{ zh-TW: a, ja: b, th: c, en: d }}
"
    );
    let offer = read(&document).unwrap();
    assert_eq!(
        offer.consents[0].text_digest.get(Language::En),
        "5f104a9f372318578c9c3c120957de8033f8903e42281b815e1333fdeab33b65"
    );
    assert_eq!(
        offer.consents[1].text_digest.get(Language::En),
        "bfa744507c6df20ea2ee274e1544460004fe91621647063f0595fd4e040a64e3"
    );
    assert_eq!(offer.consents[1].version, "2026-01");
    assert_ne!(
        offer.consents[1].text_digest.get(Language::Ja),
        offer.consents[1].text_digest.get(Language::En),
    );
}

#[test]
fn what_cannot_be_asked_is_refused_with_its_reason() {
    for (document, reason) in [
        (NEWS.replace(", th: ข่าว", ""), "missing field `th`"),
        (
            NEWS.replace("en: News", "en: \" \""),
            "news has no words in en",
        ),
        (NEWS.replace("\"7\"", "\"\""), "version of news"),
        (
            NEWS.replace("    version: \"7\"\n", ""),
            "news needs a version",
        ),
        (
            NEWS.replace("required", "reads: terms\n    required"),
            "leave out its own",
        ),
        (
            NEWS.replace("purpose: news", "purpose: The News"),
            "a-z, 0-9 and -",
        ),
        (
            format!("{NEWS}{}", NEWS.trim_start_matches('\n')),
            "named twice",
        ),
        (NEWS.replace("detail", "details"), "unknown field"),
    ] {
        let told = told(&format!("consents:{document}"));
        assert!(told.contains(reason), "{told}");
    }
}

#[test]
fn a_text_that_is_not_there_is_named() {
    let told = told("privacy: { version: \"1\", files: \"gone.{lang}.md\" }");
    assert!(told.contains("gone.zh-TW.md"), "{told}");
}
