//! Who caused an event, as far as others can tell.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use line_api::UserId;
use line_api::messaging::Messaging;

use super::look_ups::LookUps;
use crate::bot::{Language, Standing};
use crate::limits::{LOOK_UP_PAUSE, PROFILE_TIME};

/// Whoever caused an event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    pub(super) standing: Standing,
    /// The language that a member chose.
    pub(super) language: Option<Language>,
}

impl Sender {
    pub(super) const UNKNOWN: Self = Self {
        standing: Standing::Unknown,
        language: None,
    };

    /// Asks api-users, again and again for as long as `limit`; once, while nobody had an answer for that long. Someone
    /// whom LINE does not name is a stranger.
    pub(super) async fn look_up(
        look_ups: &LookUps,
        user: Option<&UserId>,
        limit: Duration,
        outage: &AtomicBool,
    ) -> Self {
        let Some(user) = user else {
            return Self {
                standing: Standing::Stranger,
                language: None,
            };
        };
        let answer = tokio::time::timeout(limit, ask(look_ups, user, outage)).await;
        let sender = answer.ok().flatten();
        outage.store(sender.is_none(), Ordering::Relaxed);
        sender.unwrap_or(Self::UNKNOWN)
    }
}

/// `None` in an outage: hundreds that wait five seconds each would wait for the last one's reply token to die.
async fn ask(look_ups: &LookUps, user: &UserId, outage: &AtomicBool) -> Option<Sender> {
    let mut pause = LOOK_UP_PAUSE;
    loop {
        if let Some(answer) = look_ups.membership(user).await {
            return Some(Sender {
                standing: if answer.member {
                    Standing::Member
                } else {
                    Standing::Stranger
                },
                language: answer.language.as_deref().and_then(Language::serving),
            });
        }
        if outage.load(Ordering::Relaxed) {
            return None;
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// The language of a person's LINE app; a courtesy, so that any trouble is no language.
pub(super) async fn profile_language(
    messaging: &Messaging,
    user: Option<&UserId>,
) -> Option<Language> {
    let profile = tokio::time::timeout(PROFILE_TIME, messaging.profile(user?)).await;
    Language::serving(profile.ok()?.ok()?.language.as_deref()?)
}
