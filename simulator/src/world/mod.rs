//! All that this LINE knows, in memory, behind one lock.

mod calls;
mod faults;
mod groups;
mod limits;
mod logins;
mod people;
mod phones;
mod quota;
mod replies;
mod retries;
mod settings;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

pub(crate) use calls::{Call, Calls, Direction, Part, Signature};
pub(crate) use faults::{Fault, FaultKind, Faults, Flaw};
pub(crate) use groups::Group;
pub(crate) use limits::{Limits, Rate};
pub(crate) use logins::{Access, AuthorizeRequest, ChannelToken, Code, Logins};
pub(crate) use people::{Friendship, Person};
pub(crate) use phones::Item;
pub(crate) use quota::Quota;
pub(crate) use replies::Replies;
pub(crate) use retries::{Retries, Retry, RetryVerdict};
pub(crate) use settings::{Escape, Settings, WebhookSettings};

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) people: HashMap<String, Person>,
    /// IDs of deleted accounts: still known to the channel, reached by nothing.
    pub(crate) gone: HashSet<String>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) replies: Replies,
    pub(crate) retries: Retries,
    pub(crate) quota: Quota,
    pub(crate) limits: Limits,
    pub(crate) logins: Logins,
    pub(crate) faults: Faults,
    pub(crate) calls: Calls,
    /// Outcomes of webhook deliveries, as the console's error statistics count them.
    pub(crate) statistics: BTreeMap<&'static str, u64>,
    /// Tokens by which the bot may mark messages as read, and whose message each is.
    pub(crate) read_tokens: HashMap<String, String>,
    /// What the pages are to be told once the lock is released.
    pub(crate) notices: Vec<Value>,
    /// Whether any page listens.
    pub(crate) watched: bool,
    /// Whether anything changed that a long poll may wait for.
    pub(crate) touched: bool,
    sequence: u64,
}

impl World {
    /// The next number of the order in which everything here happened.
    pub(crate) fn next(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// A fresh message ID: digits, too many for a JavaScript number.
    pub(crate) fn message_id(&mut self) -> String {
        format!("{}", 580_000_000_000_000_000 + self.next())
    }

    pub(crate) fn record(&mut self, mut call: Call) {
        call.seq = self.next();
        self.tell(|| json!({"type": "call", "call": call.summary()}));
        self.calls.push(call);
    }

    /// Tells the page that people, groups or settings changed.
    pub(crate) fn changed(&mut self) {
        self.tell(|| json!({"type": "state"}));
    }

    /// Notes a change, and words it where a page listens.
    pub(crate) fn tell(&mut self, notice: impl FnOnce() -> Value) {
        self.touched = true;
        if self.watched {
            self.notices.push(notice());
        }
    }
}
