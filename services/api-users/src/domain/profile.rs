use std::fmt;

use chrono_tz::Tz;
use unicode_segmentation::UnicodeSegmentation as _;
use url::Url;

use super::Invalid;

/// The name a member goes by: trimmed, 1 to 50 graphemes, nothing that steers a terminal or a line of text.
pub(crate) struct DisplayName(String);

impl DisplayName {
    const GRAPHEMES: usize = 50;
    /// One grapheme may pile up marks without end; a page of names must not.
    const BYTES: usize = 2000;

    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let name = raw.trim();
        if name.is_empty() {
            return Err(Invalid("must not be empty"));
        }
        if raw.len() > Self::BYTES || raw.graphemes(true).count() > Self::GRAPHEMES {
            return Err(Invalid("must be 50 characters or fewer"));
        }
        if name.chars().any(steers_text) {
            return Err(Invalid("must not contain control characters"));
        }
        Ok(Self(name.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DisplayName(…)")
    }
}

/// Control characters, line and paragraph separators, and what overrides the direction of text (UAX #9).
pub(super) fn steers_text(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The shape of a BCP 47 tag (RFC 5646 §2.1): subtags of 1 to 8 letters or digits, the first of letters only;
/// 35 characters at most (§4.4.1).
#[derive(Debug, Clone)]
pub(crate) struct Language(String);

impl Language {
    const LENGTH: usize = 35;

    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let mut subtags = raw.split('-');
        let primary = subtags.next().unwrap_or_default();
        let fits = raw.len() <= Self::LENGTH
            && (2..=8).contains(&primary.len())
            && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
            && subtags.all(|subtag| {
                (1..=8).contains(&subtag.len())
                    && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
        if fits {
            Ok(Self(raw.to_owned()))
        } else {
            Err(Invalid("must be a BCP 47 language tag, such as zh-TW"))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// An IANA time zone.
#[derive(Debug)]
pub(crate) struct TimeZone(Tz);

impl TimeZone {
    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        raw.parse()
            .map(Self)
            .map_err(|_| Invalid("must be an IANA time zone, such as Asia/Taipei"))
    }

    pub(crate) fn as_str(&self) -> &'static str {
        self.0.name()
    }
}

/// Where a picture is: https only, 2,000 characters at most.
pub(crate) struct PictureUrl(Url);

impl PictureUrl {
    const LENGTH: usize = 2000;

    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        Url::parse(raw)
            .ok()
            .filter(|url| url.scheme() == "https" && url.as_str().len() <= Self::LENGTH)
            .filter(|url| url.username().is_empty() && url.password().is_none())
            .map(Self)
            .ok_or(Invalid(
                "must be an https address of 2000 characters or fewer",
            ))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for PictureUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PictureUrl(…)")
    }
}
