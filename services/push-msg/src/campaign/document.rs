use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use line_api::messaging::{InvalidMessage, InvalidSend, Message, Messages};
use serde::Deserialize;
use serde_json::{Map, Value};
use service_kit::Timestamp;
use users_client::AudienceRequest;

use super::{FrequencyCap, OverQuota, Schedule, Template, TemplateError};
use crate::compose::Edition;

const MAX_NAME: usize = 60;
const MAX_PURPOSE: usize = 40;
const DEFAULT_NOT_AFTER: Duration = Duration::from_mins(15);
const SHORTEST_NOT_AFTER: Duration = Duration::from_mins(1);
const LONGEST_NOT_AFTER: Duration = Duration::from_hours(12);

/// A campaign, parsed: what is here can be sent.
#[derive(Debug, Clone)]
pub struct Campaign {
    name: String,
    schedule: Schedule,
    not_after: Duration,
    audience: Audience,
    messages: Vec<Content>,
    digest: [u8; 32],
}

/// Who a campaign is for: active members, not blocking the bot, who consent to a purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// The purpose that they consented to.
    pub consent: String,
}

/// A message object. Variables are filled in the text of text messages; others pass as they are.
#[derive(Clone)]
struct Content {
    object: Map<String, Value>,
    text: Option<Template>,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content(…)")
    }
}

/// Why a document is no campaign. Names the field.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The file cannot be read.
    #[error("it cannot be read")]
    Io(#[from] std::io::Error),
    /// It is not YAML of this shape.
    #[error("{0}")]
    Shape(String),
    /// A field holds what it may not.
    #[error("{field}: {detail}")]
    Field {
        /// Where, as `schedule.zone`.
        field: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// A message has a text that cannot be filled.
    #[error("messages[{index}].text")]
    Text {
        /// Which message, from 0.
        index: usize,
        /// Why not.
        source: TemplateError,
    },
    /// LINE would refuse a message.
    #[error("messages[{index}]")]
    Message {
        /// Which message, from 0.
        index: usize,
        /// Why.
        source: InvalidMessage,
    },
    /// LINE would refuse the messages together.
    #[error("messages")]
    Messages(#[source] InvalidSend),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: String,
    schedule: ScheduleDocument,
    not_after: Option<String>,
    audience: AudienceDocument,
    messages: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleDocument {
    cron: Option<String>,
    zone: Option<String>,
    at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AudienceDocument {
    consent: String,
}

impl Campaign {
    /// Reads a campaign from YAML.
    pub fn parse(yaml: &str) -> Result<Self, CampaignError> {
        let document: Document = serde_norway::from_str(yaml).map_err(|error| shape(&error))?;
        slug("name", &document.name, MAX_NAME)?;
        slug("audience.consent", &document.audience.consent, MAX_PURPOSE)?;
        let campaign = Self {
            name: document.name,
            schedule: schedule(&document.schedule)?,
            not_after: document
                .not_after
                .as_deref()
                .map_or(Ok(DEFAULT_NOT_AFTER), not_after)?,
            audience: Audience {
                consent: document.audience.consent,
            },
            messages: document
                .messages
                .into_iter()
                .enumerate()
                .map(|(index, object)| Content::parse(index, object))
                .collect::<Result<_, _>>()?,
            digest: sha256(yaml),
        };
        // Dates and times have one width: what fits at one moment fits at every other.
        campaign.messages_at(Timestamp::default())?;
        Ok(campaign)
    }

    /// Its name: 1 to 60 of `a-z`, `0-9` and `-`. The ledger knows it by this.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it is due.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// How late an occurrence may begin.
    pub fn not_after(&self) -> Duration {
        self.not_after
    }

    /// Who it is for.
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Who is asked for at the members' API.
    pub fn audience_request(&self) -> AudienceRequest {
        AudienceRequest::of_purpose(&self.audience.consent)
    }

    /// Whether its messages hold tags or attributes: only then are members asked for with their profiles.
    pub fn needs_profiles(&self) -> bool {
        false
    }

    /// The campaign as it reads for the occurrence of this moment, however late it leaves.
    pub fn edition(&self, scheduled_at: Timestamp) -> Result<Edition, CampaignError> {
        Edition::new(self, scheduled_at)
    }

    /// How much any one member may be sent; `None` is no limit.
    pub fn frequency_cap(&self) -> Option<FrequencyCap> {
        None
    }

    /// What to do if the month's quota does not reach for everybody.
    pub fn over_quota(&self) -> OverQuota {
        OverQuota::default()
    }

    /// SHA-256 of the document, to the byte.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Its messages as they read for the occurrence of this moment, however late they leave.
    pub fn messages_at(&self, scheduled_at: Timestamp) -> Result<Messages, CampaignError> {
        let wall = self.schedule.zone().wall(scheduled_at);
        let messages = self.messages.iter().enumerate().map(|(index, content)| {
            let mut object = content.object.clone();
            if let Some(text) = &content.text {
                object.insert("text".into(), text.fill(wall).into());
            }
            Message::from_json(Value::Object(object))
                .map_err(|source| CampaignError::Message { index, source })
        });
        Messages::new(messages.collect::<Result<_, _>>()?).map_err(CampaignError::Messages)
    }
}

impl Content {
    fn parse(index: usize, object: Map<String, Value>) -> Result<Self, CampaignError> {
        let is_text = object.get("type").and_then(Value::as_str) == Some("text");
        let raw = object.get("text").and_then(Value::as_str);
        let text = raw
            .filter(|_| is_text)
            .map(Template::parse)
            .transpose()
            .map_err(|source| CampaignError::Text { index, source })?;
        Ok(Self { object, text })
    }
}

fn sha256(text: &str) -> [u8; 32] {
    let mut whole = [0; 32];
    whole.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    whole
}

fn shape(error: &serde_norway::Error) -> CampaignError {
    let mut detail = error.to_string();
    if detail.contains("anchor") || detail.contains("alias") {
        detail.push_str(" (put a value that begins with * or & in quotes)");
    }
    CampaignError::Shape(detail)
}

fn slug(field: &'static str, value: &str, longest: usize) -> Result<(), CampaignError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=longest).contains(&value.len()) && value.chars().all(plain) {
        return Ok(());
    }
    let detail = format!("{value:?} is not 1 to {longest} of a-z, 0-9 and -");
    Err(CampaignError::Field { field, detail })
}

fn schedule(document: &ScheduleDocument) -> Result<Schedule, CampaignError> {
    match (&document.cron, &document.zone, &document.at) {
        (Some(cron), Some(zone), None) => Schedule::cron(cron, zone),
        (None, None, Some(at)) => Schedule::at(at),
        _ => Err(CampaignError::Field {
            field: "schedule",
            detail: "is either cron with zone, or at".into(),
        }),
    }
}

fn not_after(raw: &str) -> Result<Duration, CampaignError> {
    let field = "not_after";
    let wrong = |detail: String| CampaignError::Field { field, detail };
    let (number, unit) = raw.split_at(raw.len() - raw.chars().last().map_or(0, char::len_utf8));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 0,
    };
    let span = number
        .parse::<u64>()
        .ok()
        .filter(|_| seconds > 0)
        .and_then(|number| number.checked_mul(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| wrong(format!("{raw:?} is not a span such as 90s, 5m or 2h")))?;
    if (SHORTEST_NOT_AFTER..=LONGEST_NOT_AFTER).contains(&span) {
        Ok(span)
    } else {
        Err(wrong("is from 1m to 12h".into()))
    }
}
