use problem::FieldError;
use service_kit::Timestamp;
use users_client::{Friendship, FriendshipChange};

use super::{Fields, Invalid};

/// What a follow or unfollow event said, and when.
#[derive(Debug)]
pub(crate) struct FriendshipEvent {
    /// `following` or `blocked`.
    pub(crate) state: &'static str,
    pub(crate) event_at: Timestamp,
    pub(crate) event_id: String,
}

impl FriendshipEvent {
    pub(crate) fn parse(raw: FriendshipChange) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::default();
        let state = fields.take("/friendship", parse_state(raw.friendship));
        let event_id = fields.take("/event_id", parse_event_id(raw.event_id));
        let event = state.zip(event_id).map(|(state, event_id)| Self {
            state,
            event_at: raw.event_at,
            event_id,
        });
        fields.finish(event)
    }
}

fn parse_state(friendship: Friendship) -> Result<&'static str, Invalid> {
    match friendship {
        Friendship::Following => Ok("following"),
        Friendship::Blocked => Ok("blocked"),
        Friendship::Unknown => Err(Invalid("must be following or blocked")),
    }
}

/// LINE's are ULIDs; nothing here relies on it.
fn parse_event_id(raw: String) -> Result<String, Invalid> {
    if (1..=80).contains(&raw.len()) && raw.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(raw)
    } else {
        Err(Invalid("must be 1 to 80 printable ASCII characters"))
    }
}
