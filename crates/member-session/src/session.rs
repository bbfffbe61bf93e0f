use serde::{Deserialize, Deserializer, Serialize};

use crate::{Flash, Form, Language};

/// The cookie that holds the ID of a visitor's session, once they signed in.
pub const SESSION_COOKIE: &str = "__Host-kaiin-session";
/// The cookie that holds what a visitor is to be told on the next page, by its slug.
pub const FLASH_COOKIE: &str = "__Host-kaiin-flash";

/// What register-server tells register-client about the visitor: the answer of `GET /member/session`.
///
/// Signed in or not, the status is 200. It is 503 when the members' API cannot say whether the visitor is a member.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Session {
    /// Who is signed in, if anybody is.
    pub visitor: Option<Visitor>,
    /// Their membership; absent for someone who is not a member.
    pub membership: Option<Membership>,
    /// News about what the visitor just did; each is told once. What a later release tells is left out.
    #[serde(deserialize_with = "known")]
    pub flash: Vec<Flash>,
    /// A form that came back with errors, to be filled in again; told once, to the page that shows it.
    pub form: Option<Form>,
    /// What the visitor's forms carry as [`UpdateForm::FORM_TOKEN`](crate::UpdateForm::FORM_TOKEN); another sign-in
    /// has another.
    pub form_token: Option<String>,
}

fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Flash>, D::Error> {
    let slugs = Vec::<String>::deserialize(deserializer)?;
    Ok(slugs
        .iter()
        .filter_map(|slug| Flash::from_slug(slug))
        .collect())
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("visitor", &self.visitor)
            .field("membership", &self.membership)
            .field("flash", &self.flash)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

/// The person who is signed in, as LINE describes them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// Their LINE name; absent where they did not share it.
    pub display_name: Option<String>,
}

impl std::fmt::Debug for Visitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visitor").finish_non_exhaustive()
    }
}

/// What the website shows of a membership.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The name they go by as a member.
    pub display_name: String,
    /// The language they chose.
    pub language: Language,
    /// When they registered, in Unix milliseconds.
    pub registered_at: i64,
    /// Whether they are the bot's friend.
    pub friendship: Friendship,
    /// Their consents, one per purpose: the latest.
    pub consents: Vec<Consent>,
    /// What they ever gave and withdrew, oldest first; told to the page that shows [`UpdateForm`](crate::UpdateForm).
    #[serde(default)]
    pub history: Vec<Consent>,
    /// The topics that they hear of.
    #[serde(default)]
    pub topics: Vec<String>,
    /// Their IANA time zone, where they said.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// When not to disturb them.
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
}

/// When not to disturb somebody, by the clock of their time zone. It may span midnight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// From this time on: `HH:MM`.
    pub from: String,
    /// Until this time: `HH:MM`.
    pub until: String,
}

impl std::fmt::Debug for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Membership")
            .field("friendship", &self.friendship)
            .finish_non_exhaustive()
    }
}

/// Whether someone is the bot's friend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Friendship {
    /// A friend: messages reach them.
    Following,
    /// They blocked the bot: nothing reaches them.
    Blocked,
    /// LINE has not told yet.
    #[default]
    Unknown,
}

/// A consent as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What for.
    pub purpose: String,
    /// Which version of its text.
    pub version: String,
    /// Given, or withdrawn.
    pub granted: bool,
    /// Since when, in Unix milliseconds.
    pub changed_at: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_of_a_later_release_costs_nobody_the_page() {
        let session = Session {
            flash: Flash::ALL.to_vec(),
            ..Session::default()
        };
        let mut document = serde_json::to_value(&session).unwrap();
        document["flash"]
            .as_array_mut()
            .unwrap()
            .push("unheard_of".into());
        assert_eq!(
            serde_json::from_value::<Session>(document).unwrap(),
            session
        );
    }
}
