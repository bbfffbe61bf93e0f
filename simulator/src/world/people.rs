//! People who use the simulated LINE.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Item, World};

/// Writing to a bot lets it push to a stranger for this long.
const CONTACT: i64 = 7 * 24 * 3600 * 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Friendship {
    None,
    Friend,
    Blocked,
}

/// One person; `Debug` says nothing about them.
pub(crate) struct Person {
    pub(crate) id: String,
    /// Order of arrival.
    pub(crate) place: u64,
    /// One of eight colours.
    pub(crate) hue: usize,
    pub(crate) name: String,
    pub(crate) language: Option<String>,
    pub(crate) picture_url: Option<String>,
    pub(crate) status_message: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) friendship: Friendship,
    /// When they last wrote to the bot.
    pub(crate) chatted_at: Option<i64>,
    /// Scopes they granted to the website.
    pub(crate) granted: BTreeSet<String>,
    /// What their LINE shows, oldest first.
    pub(crate) phone: VecDeque<Item>,
    /// Cookies of their in-app browser while somebody else's is open.
    pub(crate) cookies: BTreeMap<String, String>,
    /// Until when the bot's loading animation runs.
    pub(crate) loading_until: i64,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person")
            .field("place", &self.place)
            .field("friendship", &self.friendship)
            .finish_non_exhaustive()
    }
}

impl Person {
    pub(crate) fn new(id: String, place: u64, name: String) -> Self {
        Self {
            id,
            place,
            hue: 0,
            name,
            language: None,
            picture_url: None,
            status_message: None,
            email: None,
            friendship: Friendship::None,
            chatted_at: None,
            granted: BTreeSet::new(),
            phone: VecDeque::new(),
            cookies: BTreeMap::new(),
            loading_until: 0,
        }
    }

    pub(crate) fn is_friend(&self) -> bool {
        self.friendship == Friendship::Friend
    }

    /// Whether they wrote to the bot within `CONTACT` of `now` though they are no friend.
    pub(crate) fn in_contact(&self, now: i64) -> bool {
        self.friendship == Friendship::None && self.chatted_at.is_some_and(|at| now - at <= CONTACT)
    }

    /// As the control API shows them.
    pub(crate) fn view(&self, now: i64) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "hue": self.hue,
            "language": self.language,
            "picture_url": self.picture_url,
            "status_message": self.status_message,
            "email": self.email,
            "friendship": self.friendship,
            "granted": self.granted,
            "loading": self.loading_until > now,
        })
    }
}

impl World {
    /// Everybody in order of arrival.
    pub(crate) fn everybody(&self) -> Vec<&Person> {
        let mut people: Vec<_> = self.people.values().collect();
        people.sort_by_key(|person| person.place);
        people
    }

    /// Whether the channel ever met this user ID.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.people.contains_key(id) || self.gone.contains(id)
    }
}
