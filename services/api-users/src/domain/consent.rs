use problem::FieldError;
use serde::Deserialize;
use users_client::GiveConsent;

use super::{Fields, Invalid, Language};

/// More purposes than this at once is a mistake.
const CONSENTS: usize = 50;
const CHANNELS: [&str; 3] = ["website", "chat", "import"];

/// What a consent is for: 1 to 40 characters of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Purpose(String);

/// What a member may want to hear of. It looks like a [`Purpose`].
pub(crate) type TopicName = Purpose;

impl Purpose {
    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let fits = (1..=40).contains(&raw.len())
            && raw
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if fits {
            Ok(Self(raw.to_owned()))
        } else {
            Err(Invalid("must be 1 to 40 characters of a-z, 0-9 and -"))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Purpose {
    type Error = Invalid;

    fn try_from(raw: String) -> Result<Self, Invalid> {
        Self::parse(&raw)
    }
}

/// A consent to be recorded: which text was agreed to or not, and where.
#[derive(Debug)]
pub(crate) struct ConsentText {
    pub(crate) purpose: Purpose,
    pub(crate) version: String,
    pub(crate) text_digest: Option<String>,
    pub(crate) language: Language,
    pub(crate) granted: bool,
    pub(crate) channel: &'static str,
}

impl ConsentText {
    fn take(fields: &mut Fields, at: &str, raw: &GiveConsent) -> Option<Self> {
        let purpose = fields.take(&format!("{at}/purpose"), Purpose::parse(&raw.purpose));
        let version = fields.take(&format!("{at}/version"), parse_version(&raw.version));
        let text_digest = fields.take_any(
            &format!("{at}/text_digest"),
            raw.text_digest.as_deref(),
            parse_digest,
        );
        let language = fields.take(&format!("{at}/language"), Language::parse(&raw.language));
        let channel = fields.take(&format!("{at}/channel"), parse_channel(&raw.channel));
        Some(Self {
            purpose: purpose?,
            version: version?,
            text_digest,
            language: language?,
            granted: raw.granted,
            channel: channel?,
        })
    }
}

/// The consents of a list that lies at `at` in its document. A purpose may be named once.
pub(crate) fn take_consents(
    fields: &mut Fields,
    at: &str,
    raw: &[GiveConsent],
) -> Option<Vec<ConsentText>> {
    if raw.len() > CONSENTS {
        return fields.take(at, Err(Invalid("must be 50 consents or fewer")));
    }
    let mut consents: Vec<ConsentText> = Vec::with_capacity(raw.len());
    for (index, raw) in raw.iter().enumerate() {
        let at = format!("{at}/{index}");
        let Some(consent) = ConsentText::take(fields, &at, raw) else {
            continue;
        };
        if consents
            .iter()
            .any(|other| other.purpose == consent.purpose)
        {
            let twice = Err(Invalid("must not be named twice"));
            fields.take::<()>(&format!("{at}/purpose"), twice);
        }
        consents.push(consent);
    }
    Some(consents)
}

/// The consents of a list that is the whole document.
pub(crate) fn parse_consents(raw: &[GiveConsent]) -> Result<Vec<ConsentText>, Vec<FieldError>> {
    let mut fields = Fields::default();
    let consents = take_consents(&mut fields, "", raw);
    fields.finish(consents)
}

pub(crate) fn parse_version(raw: &str) -> Result<String, Invalid> {
    if (1..=40).contains(&raw.chars().count()) && !raw.chars().any(char::is_control) {
        Ok(raw.to_owned())
    } else {
        Err(Invalid("must be 1 to 40 characters"))
    }
}

fn parse_digest(raw: &str) -> Result<String, Invalid> {
    if raw.len() == 64 && raw.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(raw.to_ascii_lowercase())
    } else {
        Err(Invalid("must be a SHA-256 of 64 hex digits"))
    }
}

fn parse_channel(raw: &str) -> Result<&'static str, Invalid> {
    CHANNELS
        .into_iter()
        .find(|channel| *channel == raw)
        .ok_or(Invalid("must be website, chat or import"))
}
