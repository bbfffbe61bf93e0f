//! Chats of several people: groups and rooms.

use serde::Serialize;
use serde_json::{Value, json};

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) members: Vec<String>,
    /// Whether the bot is in it.
    pub(crate) bot: bool,
}

impl Group {
    fn is_room(&self) -> bool {
        self.id.starts_with('R')
    }

    /// The `source` of an event that happens here.
    pub(crate) fn source(&self, user: Option<&str>) -> Value {
        let mut source = if self.is_room() {
            json!({"type": "room", "roomId": self.id})
        } else {
            json!({"type": "group", "groupId": self.id})
        };
        if let Some(user) = user {
            source["userId"] = user.into();
        }
        source
    }
}
