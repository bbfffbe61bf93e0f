//! What members would read: real ones, a few of each language.

use std::collections::BTreeMap;

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use line_api::messaging::Messages;
use serde::Serialize;
use service_kit::Timestamp;
use users_client::{AudienceMember, UsersError};
use uuid::Uuid;

use super::Desk;
use crate::campaign::Campaign;
use crate::compose::Edition;

/// Members looked at until every language has its samples.
const LOOK_AT: usize = 10_000;

/// The next occurrence, as some members would read it. It holds names: it is for the operator who asked, not for a log.
#[derive(Serialize)]
pub(crate) struct Preview {
    pub(super) campaign: String,
    pub(super) scheduled_at: Timestamp,
    pub(super) samples: Vec<Sample>,
}

/// What one member would read.
#[derive(Serialize)]
pub(super) struct Sample {
    /// The language of the messages: a tag, or `default`.
    pub(super) language: String,
    /// Absent where nobody of the audience reads this language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) member: Option<Reader>,
    #[serde(flatten)]
    pub(super) content: Content,
}

#[derive(Serialize)]
pub(super) struct Reader {
    pub(super) member_id: Uuid,
    pub(super) display_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Content {
    Messages(Messages),
    /// Why this member gets nothing.
    Excluded(String),
}

/// Up to `each` members of every language the campaign is written in.
pub(crate) async fn preview(
    desk: &Desk,
    campaign: &Campaign,
    each: usize,
) -> anyhow::Result<Preview> {
    let now = desk.clock.now();
    let next = campaign.schedule().next(now, 1);
    let scheduled_at = next.first().copied().unwrap_or(now);
    let edition = campaign.edition(scheduled_at)?;
    let request = campaign.audience_request();
    let members = desk.members(campaign, &request).await?;
    Ok(Preview {
        campaign: campaign.name().to_owned(),
        scheduled_at,
        samples: samples(&edition, members, each).await?,
    })
}

async fn samples(
    edition: &Edition,
    members: impl Stream<Item = Result<AudienceMember, UsersError>>,
    each: usize,
) -> Result<Vec<Sample>, UsersError> {
    let languages: Vec<_> = edition.samples().collect();
    let mut found: BTreeMap<&str, Vec<Sample>> = BTreeMap::new();
    let mut members = std::pin::pin!(members.take(LOOK_AT));
    while let Some(member) = members.try_next().await? {
        let language = edition.language_of(&member);
        let samples = found.entry(language).or_default();
        if samples.len() < each {
            samples.push(sample(edition, language, member));
        }
        let is_full = |(tag, _): &(&str, _)| found.get(tag).is_some_and(|own| own.len() >= each);
        if languages.iter().all(is_full) {
            break;
        }
    }
    let of_language = |(tag, messages): (&str, Messages)| {
        found.remove(tag).unwrap_or_else(|| {
            vec![Sample {
                language: tag.to_owned(),
                member: None,
                content: Content::Messages(messages),
            }]
        })
    };
    Ok(languages.into_iter().flat_map(of_language).collect())
}

fn sample(edition: &Edition, language: &str, member: AudienceMember) -> Sample {
    let content = match edition.compose(&member) {
        Ok(composed) => Content::Messages(Messages::clone(&composed.messages)),
        Err(why) => Content::Excluded(why.to_string()),
    };
    Sample {
        language: language.to_owned(),
        member: Some(Reader {
            member_id: member.member_id,
            display_name: member.display_name,
        }),
        content,
    }
}
