use serde::Serialize;
use users_client::{Attribute as AttributeDocument, Consent, Member, Status};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Row;
use super::column::{ATTRIBUTE, CONSENT, TOPIC};
use super::row::{Said, Word};
use crate::domain::{
    ATTRIBUTES, Attribute, Candidate, Change, ConsentText, Edit, Language, QuietHours, TAGS,
    TOPICS, Tag,
};

/// Where a consent comes from that an import brings.
const CHANNEL: &str = "import";

/// How somebody stands whom a row is about.
#[derive(Debug)]
pub(crate) enum Standing {
    Member(Box<Member>),
    /// Somebody who was erased and has not come back.
    Erased,
    Stranger,
}

/// What a row comes to.
#[derive(Debug)]
pub(crate) enum Decision {
    /// They become a member, and this is done to them then.
    Create(Box<Candidate>, Vec<Edit>),
    /// This is done to this member.
    Change(Uuid, Vec<Edit>),
    Unchanged,
}

/// What a row came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// They are a member now.
    Created,
    /// Something about the member is as the row says now.
    Changed,
    /// Everything was as the row says.
    Unchanged,
    /// Nothing of the row is done.
    Refused,
}

/// Why nothing of a row is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// These columns are wrong.
    Invalid(Vec<ColumnError>),
    /// The line on which the person was named before.
    Duplicate(u64),
    Erased,
    Leaving,
}

/// What a row came to, or why nothing of it is done.
pub(crate) type CameTo = Result<Outcome, Refusal>;

/// What these decisions come to when they are carried out.
pub(crate) fn came_to(decisions: &[Result<Decision, Refusal>]) -> Vec<CameTo> {
    let outcome = |decision: &Result<Decision, Refusal>| match decision {
        Ok(decision) => Ok(decision.outcome()),
        Err(refusal) => Err(refusal.clone()),
    };
    decisions.iter().map(outcome).collect()
}

/// A column that a row got wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ColumnError {
    /// Its name.
    column: String,
    /// What is wrong with its cell.
    detail: String,
}

impl ColumnError {
    pub(super) fn new(column: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            column: column.into(),
            detail: detail.into(),
        }
    }
}

impl Decision {
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Create(..) => Outcome::Created,
            Self::Change(..) => Outcome::Changed,
            Self::Unchanged => Outcome::Unchanged,
        }
    }
}

/// What is to be done because of a row about somebody who stands so.
pub(crate) fn decide(standing: Standing, row: Row) -> Result<Decision, Refusal> {
    match standing {
        Standing::Erased => Err(Refusal::Erased),
        Standing::Member(member) if member.status == Status::Leaving => Err(Refusal::Leaving),
        Standing::Member(member) => change(&member, row.said),
        Standing::Stranger => create(row),
    }
}

fn create(row: Row) -> Result<Decision, Refusal> {
    let Row { luid, mut said } = row;
    let mut errors = Vec::new();
    let edits = notes(None, &mut said, &mut errors);
    let consents = consents(None, &mut said, &mut errors);
    if said.display_name.is_none() {
        let detail = "must not be empty: they are no member yet";
        errors.push(ColumnError::new("display_name", detail));
    }
    match said.display_name {
        Some(display_name) if errors.is_empty() => {
            let candidate = Candidate {
                luid,
                display_name,
                picture_url: said.picture_url,
                email: said.email,
                phone: said.phone,
                language: said.language,
                time_zone: said.time_zone,
                quiet_hours: said.quiet_hours,
                consents,
                signed_in_at: None,
            };
            Ok(Decision::Create(Box::new(candidate), edits))
        }
        _ => Err(Refusal::Invalid(errors)),
    }
}

fn change(member: &Member, mut said: Said) -> Result<Decision, Refusal> {
    let mut errors = Vec::new();
    let consents = consents(Some(member), &mut said, &mut errors);
    let mut edits = notes(Some(member), &mut said, &mut errors);
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors));
    }
    edits.extend(profile(member, said));
    if !consents.is_empty() {
        edits.push(Edit::Consents(consents));
    }
    Ok(if edits.is_empty() {
        Decision::Unchanged
    } else {
        Decision::Change(member.member_id, edits)
    })
}

fn profile(member: &Member, said: Said) -> Option<Edit> {
    let url = new(said.picture_url, member.picture_url.as_deref(), |url| {
        url.as_str()
    });
    let email = new(said.email, member.email.as_deref(), |email| email.as_str());
    let phone = new(said.phone, member.phone.as_deref(), |phone| phone.as_str());
    let language = new(said.language, member.language.as_deref(), Language::as_str);
    let time_zone = new(said.time_zone, member.time_zone.as_deref(), |zone| {
        zone.as_str()
    });
    let quiet_hours = said
        .quiet_hours
        .filter(|hours| Some(QuietHours::document(*hours)) != member.quiet_hours);
    let change = Change {
        display_name: new(said.display_name, Some(&member.display_name), |name| {
            name.as_str()
        }),
        picture_url: url.map(Some),
        email: email.map(Some),
        phone: phone.map(Some),
        language: language.map(Some),
        time_zone: time_zone.map(Some),
        quiet_hours: quiet_hours.map(Some),
    };
    (!change.is_empty()).then_some(Edit::Profile(change))
}

/// What is said, unless it is so already.
fn new<T>(said: Option<T>, known: Option<&str>, text: impl Fn(&T) -> &str) -> Option<T> {
    said.filter(|said| Some(text(said)) != known)
}

/// Tags, attributes and topics. The cell of the tags is all of them.
fn notes(member: Option<&Member>, said: &mut Said, errors: &mut Vec<ColumnError>) -> Vec<Edit> {
    let mut edits = Vec::new();
    if let Some(tags) = said.tags.take() {
        let known = member.map_or(&[][..], |member| &member.tags);
        check_room(errors, "tags", tags.len(), TAGS);
        let gone = known
            .iter()
            .filter(|known| !tags.iter().any(|tag| tag.as_str() == **known));
        let gone = gone.filter_map(|tag| Tag::parse(tag).ok());
        edits.extend(gone.map(|tag| Edit::Tag(tag, false)));
        let new = tags
            .into_iter()
            .filter(|tag| !known.iter().any(|known| known == tag.as_str()));
        edits.extend(new.map(|tag| Edit::Tag(tag, true)));
    }

    let known = |name: &str| member.and_then(|member| member.attributes.get(name));
    let mut count = member.map_or(0, |member| member.attributes.len());
    for (name, value) in said.attributes.drain(..) {
        let old = known(name.as_str());
        if old.is_some_and(|old| is_same(&value, old)) {
            continue;
        }
        count += usize::from(old.is_none());
        check_room(
            errors,
            &format!("{ATTRIBUTE}{}", name.as_str()),
            count,
            ATTRIBUTES,
        );
        edits.push(Edit::Attribute(name, Some(value)));
    }

    let known = member.map_or(&[][..], |member| &member.topics);
    let mut count = known.len();
    for (topic, subscribed) in said.topics.drain(..) {
        let old = known.iter().find(|known| known.topic == topic.as_str());
        if old.is_some_and(|old| old.subscribed == subscribed) {
            continue;
        }
        count += usize::from(old.is_none());
        check_room(errors, &format!("{TOPIC}{}", topic.as_str()), count, TOPICS);
        edits.push(Edit::Topic(topic, subscribed));
    }
    edits
}

fn check_room(errors: &mut Vec<ColumnError>, column: &str, count: usize, most: usize) {
    if count > most {
        let detail = format!("a member has no room for more than {most} of these");
        errors.push(ColumnError::new(column, detail));
    }
}

fn is_same(value: &Attribute, known: &AttributeDocument) -> bool {
    match known {
        AttributeDocument::Text(known) => value.text() == Some(known),
        AttributeDocument::Number(known) => {
            value.number().is_some() && value.number() == known.as_f64()
        }
        AttributeDocument::Truth(known) => value.truth() == Some(*known),
    }
}

/// The words that are new. The language that the text was read in is the member's own, for a table does not tell.
fn consents(
    member: Option<&Member>,
    said: &mut Said,
    errors: &mut Vec<ColumnError>,
) -> Vec<ConsentText> {
    let known = member.map_or(&[][..], |member| &member.consents);
    let members = member.and_then(|member| Language::parse(member.language.as_deref()?).ok());
    let language = said.language.clone().or(members);
    let mut consents = Vec::new();
    for word in said.consents.drain(..) {
        let column = || format!("{CONSENT}{}", word.purpose.as_str());
        let latest = known
            .iter()
            .find(|known| known.purpose == word.purpose.as_str());
        match (latest, &language) {
            (Some(latest), _) if says_so(latest, &word) => {}
            (Some(latest), _) if word.granted && was_withdrawn(latest) => {
                let detail = "they withdrew it themselves, and only they can give it again";
                errors.push(ColumnError::new(column(), detail));
            }
            (_, None) => {
                let detail = "needs a language: the one in which they read the text";
                errors.push(ColumnError::new(column(), detail));
            }
            (_, Some(language)) => consents.push(ConsentText {
                purpose: word.purpose,
                version: word.version,
                text_digest: None,
                language: language.clone(),
                granted: word.granted,
                channel: CHANNEL,
            }),
        }
    }
    consents
}

fn says_so(latest: &Consent, word: &Word) -> bool {
    latest.granted == word.granted && latest.version == word.version
}

/// By the person: what an import withdrew, another may correct.
fn was_withdrawn(latest: &Consent) -> bool {
    !latest.granted && latest.channel != CHANNEL
}
