//! Which language a visitor reads.

use http::{HeaderMap, HeaderValue, header};
use member_session::Language;

/// It keeps the language of the last page: the visitor's own choice.
pub(crate) use member_session::LANGUAGE_COOKIE as COOKIE;

/// The saved choice, else the best of `Accept-Language`, else English.
pub(crate) fn of_visitor(headers: &HeaderMap) -> Language {
    saved(headers)
        .or_else(|| accepted(headers))
        .unwrap_or_default()
}

/// The language that a link brings along: a rich menu or a message in somebody's own language leads here with it.
pub(crate) fn of_link(query: &str) -> Option<Language> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, tag)| (name == "lang").then(|| Language::serving(tag))?)
}

/// The language in the cookie.
pub(crate) fn saved(headers: &HeaderMap) -> Option<Language> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, tag)| (name == COOKIE).then(|| Language::from_tag(tag))?)
}

/// Keeps the choice for a year.
pub(crate) fn cookie(language: Language, secure: bool) -> HeaderValue {
    let tag = language.tag();
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::try_from(format!(
        "{COOKIE}={tag}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}"
    ))
    .expect("tags are ASCII")
}

/// The most wanted language of ours (RFC 9110 §12.5.4); of equals the first.
fn accepted(headers: &HeaderMap) -> Option<Language> {
    let ranges = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, Language)> = None;
    for range in ranges.split(',') {
        let (tag, weight) = weighted(range);
        let Some(language) = Language::serving(tag) else {
            continue;
        };
        if weight > best.map_or(0.0, |(weight, _)| weight) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// `th;q=0.8` is Thai at 0.8; without a weight it is 1.
fn weighted(range: &str) -> (&str, f32) {
    let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
    let weight = match parameters.trim().strip_prefix("q=") {
        Some(weight) => weight.parse().unwrap_or(0.0),
        None => 1.0,
    };
    (tag.trim(), weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(cookie: &str, accept: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
        of_visitor(&headers)
    }

    #[test]
    fn a_saved_choice_comes_before_what_the_browser_asks_for() {
        assert_eq!(chosen("a=b; kaiin-lang=th", "ja"), Language::Th);
        assert_eq!(chosen("kaiin-lang=xx", "ja"), Language::Ja);
    }

    #[test]
    fn the_heaviest_language_of_ours_wins() {
        for (accept, language) in [
            ("zh-Hant-TW,zh;q=0.9,en;q=0.8", Language::ZhTw),
            ("fr, de;q=0.9", Language::En),
            ("fr, th;q=0.3, ja;q=0.7", Language::Ja),
            ("en;q=0, ja;q=0.1", Language::Ja),
            ("ja;q=nonsense, th;q=0.1", Language::Th),
            ("*", Language::En),
            ("", Language::En),
        ] {
            assert_eq!(chosen("", accept), language, "{accept}");
        }
    }
}
