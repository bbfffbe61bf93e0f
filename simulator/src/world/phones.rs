//! What people see in their chats.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::World;

/// How much of the past a phone keeps.
const KEPT: usize = 2000;

/// One line of a chat as one person's phone shows it; `Debug` keeps its words to itself.
#[derive(Clone, Serialize)]
pub(crate) struct Item {
    pub(crate) seq: u64,
    pub(crate) at: i64,
    /// `bot` for the one-to-one chat, else the group's or room's ID.
    pub(crate) chat: String,
    /// `bot`, `system`, or the writer's user ID.
    pub(crate) from: String,
    /// The writer's name: of people in groups, and of a bot that took another for this message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sender: Option<String>,
    /// The message ID; empty for system lines.
    pub(crate) id: String,
    pub(crate) message: Arc<Value>,
    /// The call that brought a message of the bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) via: Option<&'static str>,
    pub(crate) unsent: bool,
    pub(crate) read: bool,
}

impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Item")
            .field("seq", &self.seq)
            .finish_non_exhaustive()
    }
}

impl Item {
    pub(crate) fn new(
        at: i64,
        chat: &str,
        from: &str,
        id: String,
        message: impl Into<Arc<Value>>,
    ) -> Self {
        Self {
            seq: 0,
            at,
            chat: chat.to_owned(),
            from: from.to_owned(),
            sender: None,
            id,
            message: message.into(),
            via: None,
            unsent: false,
            read: false,
        }
    }

    /// A line that nobody wrote.
    pub(crate) fn system(at: i64, chat: &str, text: &str) -> Self {
        let message = json!({"type": "system", "text": text});
        Self::new(at, chat, "system", String::new(), message)
    }
}

impl World {
    /// Shows `item` on the phones of `people`.
    pub(crate) fn show<'a>(&mut self, people: impl IntoIterator<Item = &'a String>, item: &Item) {
        for id in people {
            let seq = self.next();
            let Some(person) = self.people.get_mut(id) else {
                continue;
            };
            let item = Item {
                seq,
                ..item.clone()
            };
            if item.from == "bot" {
                person.loading_until = 0;
            }
            person.phone.push_back(item.clone());
            if person.phone.len() > KEPT {
                person.phone.pop_front();
            }
            self.tell(|| json!({"type": "item", "person": id, "item": item}));
        }
    }

    /// Changes message `id` wherever it is shown.
    pub(crate) fn amend(&mut self, id: &str, change: impl Fn(&mut Item)) {
        let mut amended = Vec::new();
        for person in self.people.values_mut() {
            for item in person.phone.iter_mut().filter(|item| item.id == id) {
                change(item);
                amended.push((person.id.clone(), item.clone()));
            }
        }
        for (person, item) in amended {
            self.tell(|| json!({"type": "amended", "person": person, "item": item}));
        }
    }
}
