use users_client::AudienceRequest;

use super::document::{AudienceDocument, Segments};
use super::error::Wrong;

const MAX_PURPOSE: usize = 40;
/// As long as a segment may be at the members' API.
const MAX_SEGMENT: usize = 4096;

/// Who a campaign is for: active members, not blocking the bot, who consent to a purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct Audience {
    /// The purpose that they consented to.
    pub consent: String,
    /// The topic that they are subscribed to; without one, whatever they said about topics.
    pub topic: Option<String>,
    /// Which of them, in the segment language of the members' API, which judges it.
    pub segment: Option<String>,
}

impl Audience {
    pub(super) fn parse(document: AudienceDocument) -> Result<Self, Wrong> {
        slug(&document.consent, MAX_PURPOSE).map_err(|wrong| wrong.inside("consent"))?;
        if let Some(topic) = &document.topic {
            slug(topic, MAX_PURPOSE).map_err(|wrong| wrong.inside("topic"))?;
        }
        let segment = document.segment.map(any_of).transpose();
        Ok(Self {
            consent: document.consent,
            topic: document.topic,
            segment: segment.map_err(|wrong| wrong.inside("segment"))?,
        })
    }

    /// As it is asked for.
    pub fn request(&self) -> AudienceRequest {
        AudienceRequest {
            consent: self.consent.clone(),
            topic: self.topic.clone(),
            segment: self.segment.clone(),
        }
    }
}

/// One segment that names whom any of these names, and each of them once.
pub(super) fn any_of(segments: Segments) -> Result<String, Wrong> {
    let whole = match segments {
        Segments::One(segment) => segment.trim().to_owned(),
        Segments::AnyOf(segments) => segments
            .iter()
            .map(|segment| match segment.trim() {
                "" => String::new(),
                segment => format!("({segment})"),
            })
            .reduce(|all, next| match (all.as_str(), next.as_str()) {
                ("", _) | (_, "") => String::new(),
                _ => format!("{all} or {next}"),
            })
            .unwrap_or_default(),
    };
    if (1..=MAX_SEGMENT).contains(&whole.len()) {
        Ok(whole)
    } else {
        let detail = format!("has 1 to {MAX_SEGMENT} bytes, all of a list together");
        Err(Wrong::new(detail))
    }
}

/// What may be a name or a purpose.
pub(super) fn slug(value: &str, longest: usize) -> Result<(), Wrong> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=longest).contains(&value.len()) && value.chars().all(plain) {
        return Ok(());
    }
    let detail = format!("{value:?} is not 1 to {longest} of a-z, 0-9 and -");
    Err(Wrong::new(detail))
}

/// A segment may hold what somebody's attributes say.
impl std::fmt::Debug for Audience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audience")
            .field("consent", &self.consent)
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}
