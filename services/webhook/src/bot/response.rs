use line_api::Private;
use line_api::event::{Content, Event, Kind, Message, Source};
use users_client::Friendship;

use super::{OptOut, Phrase};

/// The longest message ID that is believed to be one, in bytes. LINE's are decimal digits, 18 and more (MA#wh-text).
const MESSAGE_ID_BYTES: usize = 64;

/// Whether LINE could mean a message by this.
pub fn is_message_id(id: &str) -> bool {
    (1..=MESSAGE_ID_BYTES).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// What is known about whoever caused an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// An active member.
    Member,
    /// Nobody we know.
    Stranger,
    /// Nobody could tell. This is never taken for a member.
    Unknown,
}

/// What an event makes the bot do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Tell api-users whether the person is still the bot's friend.
    SetFriendship(Friendship),
    /// Tell api-users what the person wants to hear no more of. Until it knows, nothing is answered.
    OptOut(OptOut),
    /// Keep nothing of a message that was taken back, by LINE's ID of it.
    Forget(String),
    /// Answer the event.
    Reply(Reply),
}

/// What the bot answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The person's own words.
    Echo(Private),
    /// Words of the bot's.
    Say(Phrase),
}

/// Whether what the bot answers depends on who is asking.
pub fn asks_about_sender(event: &Event) -> bool {
    match &event.kind {
        Kind::Follow { .. } => true,
        Kind::Message(_) => is_one_to_one(event) || event.mentions_bot(),
        Kind::Postback(_) => is_one_to_one(event),
        _ => false,
    }
}

/// What the default bot does about an event, in this order.
pub fn respond(event: &Event, standing: Standing) -> Vec<Action> {
    if let Some(wish) = opt_out(event) {
        let phrase = match wish {
            OptOut::Everything => Phrase::OptedOut,
            OptOut::Topic(_) => Phrase::OptedOutOfTopic,
        };
        return vec![Action::OptOut(wish), Action::Reply(Reply::Say(phrase))];
    }
    let change = match &event.kind {
        Kind::Follow { .. } => Some(Action::SetFriendship(Friendship::Following)),
        Kind::Unfollow => Some(Action::SetFriendship(Friendship::Blocked)),
        Kind::Unsend { message_id } if is_message_id(message_id) => {
            Some(Action::Forget(message_id.clone()))
        }
        _ => None,
    };
    change
        .into_iter()
        .chain(reply(event, standing).map(Action::Reply))
        .collect()
}

/// What somebody says to the bot alone. In a group nobody need mean it.
fn opt_out(event: &Event) -> Option<OptOut> {
    OptOut::asked_by(event).filter(|_| is_one_to_one(event))
}

fn reply(event: &Event, standing: Standing) -> Option<Reply> {
    if let Kind::Join = event.kind {
        return Some(Reply::Say(Phrase::HowToRegister));
    }
    if !asks_about_sender(event) {
        return None;
    }
    match standing {
        Standing::Unknown => Some(Reply::Say(Phrase::WentWrong)),
        Standing::Stranger => Some(Reply::Say(Phrase::JoinUs)),
        Standing::Member => reply_to_member(&event.kind),
    }
}

fn reply_to_member(kind: &Kind) -> Option<Reply> {
    match kind {
        Kind::Follow { .. } => Some(Reply::Say(Phrase::WelcomeBack)),
        Kind::Message(Message {
            content: Content::Text(text),
            ..
        }) => Some(Reply::Echo(text.text.clone())),
        _ => None,
    }
}

/// Whether nobody but one person reads the answer.
pub fn is_one_to_one(event: &Event) -> bool {
    matches!(event.header.source, Source::User { .. })
}
