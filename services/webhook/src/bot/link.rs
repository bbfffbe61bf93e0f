use super::Language;

/// In this parameter the website is told the language of whoever taps a link to its first page.
const PARAMETER: &str = "lang";

/// Where people become members.
#[derive(Debug, Clone)]
pub struct Link(String);

impl Link {
    /// The website is at `address`, as the operator wrote it.
    pub const fn new(address: String) -> Self {
        Self(address)
    }

    /// The address for everybody.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address for one person whose language is known, so that the first page they see there is in it. A language that
    /// the operator put there stays.
    pub fn for_reader_of(&self, language: Language) -> String {
        let (address, fragment) = split(&self.0, '#');
        let (place, query) = split(address, '?');
        let is_said = |pair: &str| pair.split('=').next() == Some(PARAMETER);
        if query.trim_start_matches('?').split('&').any(is_said) {
            return self.0.clone();
        }
        let has_path = place
            .split_once("://")
            .is_some_and(|(_, rest)| rest.contains('/'));
        let slash = if has_path { "" } else { "/" };
        let mark = match query {
            "" => "?",
            "?" => "",
            _ => "&",
        };
        format!("{place}{slash}{query}{mark}{PARAMETER}={language}{fragment}")
    }
}

/// What comes before `mark`, and the rest with it.
fn split(text: &str, mark: char) -> (&str, &str) {
    text.split_at(text.find(mark).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_the_language_of_its_reader() {
        for (address, expected) in [
            ("https://join.example", "https://join.example/?lang=zh-TW"),
            ("https://join.example/", "https://join.example/?lang=zh-TW"),
            ("https://会.example/a", "https://会.example/a?lang=zh-TW"),
            (
                "https://a.example/?b=c",
                "https://a.example/?b=c&lang=zh-TW",
            ),
            (
                "https://a.example/x?#top",
                "https://a.example/x?lang=zh-TW#top",
            ),
            (
                "https://a.example#?lang=ja",
                "https://a.example/?lang=zh-TW#?lang=ja",
            ),
            ("https://a.example/?lang=ja", "https://a.example/?lang=ja"),
            (
                "https://a.example/?slang=x",
                "https://a.example/?slang=x&lang=zh-TW",
            ),
        ] {
            let link = Link::new(address.to_owned());
            assert_eq!(link.for_reader_of(Language::ZhTw), expected);
            assert_eq!(link.as_str(), address);
        }
    }
}
