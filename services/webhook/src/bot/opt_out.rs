use line_api::event::{Content, Event, Kind, Message};

/// What somebody wants to hear no more of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptOut {
    /// Anything that is not an answer.
    Everything,
    /// This topic.
    Topic(String),
}

/// What people write who want to be left alone, each in lower case.
const WORDS: [&str; 4] = ["停止", "配信停止", "หยุด", "stop"];
/// What a button says that does the same: alone, or with `:` and a topic after it.
const BUTTON: &str = "opt-out";
/// The longest name of a topic.
const TOPIC_BYTES: usize = 40;

impl OptOut {
    /// What the event asks for, if it does.
    pub(super) fn asked_by(event: &Event) -> Option<Self> {
        match &event.kind {
            Kind::Message(Message {
                content: Content::Text(text),
                ..
            }) => Self::of_text(text.text.as_str()),
            Kind::Postback(postback) => Self::of_button(postback.data.as_str()),
            _ => None,
        }
    }

    /// However wide the letters are, in capitals or not, with whatever marks around them.
    fn of_text(text: &str) -> Option<Self> {
        let plain: String = text.chars().map(narrow).collect();
        let word = plain.trim_matches(|c: char| !c.is_alphanumeric());
        let is_known = WORDS.contains(&word.to_lowercase().as_str());
        is_known.then_some(Self::Everything)
    }

    /// What names no topic that could be is meant to stop something, and stops everything.
    fn of_button(data: &str) -> Option<Self> {
        match data.strip_prefix(BUTTON)?.strip_prefix(':') {
            None if data == BUTTON => Some(Self::Everything),
            None => None,
            Some(topic) if is_topic(topic) => Some(Self::Topic(topic.to_owned())),
            Some(_) => Some(Self::Everything),
        }
    }
}

fn is_topic(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=TOPIC_BYTES).contains(&name.len()) && name.bytes().all(plain)
}

/// A letter as wide as ASCII has it: `Ｓ` is `S`.
fn narrow(letter: char) -> char {
    const WIDE: std::ops::RangeInclusive<char> = '\u{FF01}'..='\u{FF5E}';
    const SHIFT: u32 = 0xFEE0;
    if WIDE.contains(&letter) {
        char::from_u32(u32::from(letter) - SHIFT).unwrap_or(letter)
    } else {
        letter
    }
}
