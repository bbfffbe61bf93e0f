//! Who caused an event, as far as others can tell.

use std::time::Duration;

use line_api::UserId;
use line_api::messaging::Messaging;
use service_kit::telemetry::chain;
use users_client::UsersClient;

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

    /// Asks api-users, again and again for as long as `limit`. Someone whom LINE does not name is a stranger.
    pub(super) async fn look_up(
        users: &UsersClient,
        user: Option<&UserId>,
        limit: Duration,
    ) -> Self {
        match user {
            Some(user) => tokio::time::timeout(limit, ask(users, user))
                .await
                .unwrap_or(Self::UNKNOWN),
            None => Self {
                standing: Standing::Stranger,
                language: None,
            },
        }
    }
}

async fn ask(users: &UsersClient, user: &UserId) -> Sender {
    let mut pause = LOOK_UP_PAUSE;
    loop {
        match users.membership(user.as_str()).await {
            Ok(answer) => {
                return Sender {
                    standing: if answer.member {
                        Standing::Member
                    } else {
                        Standing::Stranger
                    },
                    language: answer.language.as_deref().and_then(Language::serving),
                };
            }
            Err(error) => {
                tracing::warn!(error = chain(&error), "cannot tell who is a member");
            }
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
