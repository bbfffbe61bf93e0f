use member_session::{Consent, Friendship, Language, Membership, QuietHours};
use users_client::Member;

use crate::session::Person;

/// What the website shows of a member, and of what they ever agreed to.
pub(crate) fn view(
    member: &Member,
    person: &Person,
    history: &[users_client::Consent],
) -> Membership {
    Membership {
        display_name: member.display_name.clone(),
        language: member
            .language
            .as_deref()
            .and_then(Language::serving)
            .unwrap_or_default(),
        registered_at: member.created_at.as_millis(),
        friendship: friendship(member.friendship, person.is_friend),
        consents: consents(&member.consents),
        history: consents(history),
        topics: member
            .topics
            .iter()
            .filter(|topic| topic.subscribed)
            .map(|topic| topic.topic.clone())
            .collect(),
        time_zone: member.time_zone.clone(),
        quiet_hours: member.quiet_hours.as_ref().map(|hours| QuietHours {
            from: hours.from.clone(),
            until: hours.until.clone(),
        }),
    }
}

fn consents(recorded: &[users_client::Consent]) -> Vec<Consent> {
    recorded
        .iter()
        .map(|consent| Consent {
            purpose: consent.purpose.clone(),
            version: consent.version.clone(),
            granted: consent.granted,
            changed_at: consent.changed_at.as_millis(),
        })
        .collect()
}

/// The webhook's events say it best; before the first of them, what LINE said at sign-in counts.
fn friendship(told: users_client::Friendship, at_sign_in: Option<bool>) -> Friendship {
    match (told, at_sign_in) {
        (users_client::Friendship::Following, _)
        | (users_client::Friendship::Unknown, Some(true)) => Friendship::Following,
        (users_client::Friendship::Blocked, _) => Friendship::Blocked,
        (users_client::Friendship::Unknown, _) => Friendship::Unknown,
    }
}
