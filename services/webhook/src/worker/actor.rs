//! One attempt at one event.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use line_api::event::{Event, ReplyToken};
use line_api::messaging::{Message, Messages};
use service_kit::Clock;
use service_kit::telemetry::chain;
use users_client::{Friendship, FriendshipChange, UsersClient, UsersError};

use super::line::Line;
use super::sender::{Sender, profile_language};
use crate::bot::{self, Action, Language, Reply};
use crate::limits::{REDELIVERY_REPLY_WITHIN, REPLY_WITHIN};
use crate::metrics::{Metrics, ReplyEnd};
use crate::store::{Answer, Claim, Store};

/// The longest text in UTF-16 units, and how many of them one reply holds (MA#text-message).
const TEXT_UNITS: usize = 5000;
const REPLY_TEXTS: usize = 5;

/// Carries out what the bot decides.
pub(crate) struct Actor {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) line: Line,
    pub(crate) users: UsersClient,
    pub(crate) link: String,
    pub(crate) language: Language,
    pub(crate) look_up_limit: Duration,
    /// Whether the last look-up came to nothing.
    pub(crate) outage: AtomicBool,
}

/// What came of an attempt.
#[derive(Debug, Default)]
pub(super) struct Acted {
    /// What LINE answered to the reply, if it did.
    pub(super) reply: Option<Answer>,
    /// Why the event must be taken up again.
    pub(super) trouble: Option<Trouble>,
}

/// Why an attempt failed: a kind, nothing personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// api-users did not take a state change.
    Friendship,
    /// LINE did not say whether it took the reply.
    Reply,
    /// The inbox failed.
    Inbox,
    /// The attempt had held its conversation long enough.
    TooLong,
    /// A defect of ours.
    Panic,
    /// No attempt came to an end.
    Abandoned,
}

impl Trouble {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Friendship => "friendship-not-recorded",
            Self::Reply => "reply-unanswered",
            Self::Inbox => "inbox-failed",
            Self::TooLong => "took-too-long",
            Self::Panic => "panicked",
            Self::Abandoned => "never-ended",
        }
    }
}

impl Acted {
    pub(super) fn failed(trouble: Trouble) -> Self {
        Self {
            reply: None,
            trouble: Some(trouble),
        }
    }
}

impl Actor {
    pub(super) async fn act(&self, claim: &Claim) -> Acted {
        let event = Event::parse(&claim.raw);
        let may_reply = event.reply_token().is_some() && !claim.replied;
        let sender = if may_reply && self.in_time(claim, &event) && bot::asks_about_sender(&event) {
            Sender::look_up(
                &self.users,
                event.user_id(),
                self.look_up_limit,
                &self.outage,
            )
            .await
        } else {
            Sender::UNKNOWN
        };
        let mut acted = Acted::default();
        for action in bot::respond(&event, sender.standing) {
            let trouble = match (action, event.reply_token()) {
                (Action::SetFriendship(friendship), _) => {
                    self.set_friendship(claim, &event, friendship).await
                }
                (Action::Reply(reply), Some(token)) if !claim.replied => {
                    let text = self.text(reply, &event, sender.language).await;
                    self.reply(claim, &event, token, &text, &mut acted.reply)
                        .await
                }
                (Action::Reply(_), _) => Ok(()),
            };
            acted.trouble = acted.trouble.or(trouble.err());
        }
        acted
    }

    /// Whether LINE still takes the event's reply token for certain.
    fn in_time(&self, claim: &Claim, event: &Event) -> bool {
        let now = self.clock.now();
        now.since(claim.received_at) < REPLY_WITHIN
            && (!event.header.is_redelivery || now.since(claim.event_at) < REDELIVERY_REPLY_WITHIN)
    }

    async fn set_friendship(
        &self,
        claim: &Claim,
        event: &Event,
        friendship: Friendship,
    ) -> Result<(), Trouble> {
        let Some(user) = event.user_id() else {
            return Ok(());
        };
        let change = FriendshipChange {
            friendship,
            event_at: claim.event_at,
            event_id: claim.key.clone(),
        };
        match self.users.set_friendship(user.as_str(), &change).await {
            Ok(()) => Ok(()),
            // Such as an event from before the person was erased: asking again changes nothing.
            Err(error) if is_final(&error) => {
                tracing::warn!(
                    error = chain(&error),
                    "api-users does not want a state change"
                );
                Ok(())
            }
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "api-users did not take a state change"
                );
                Err(Trouble::Friendship)
            }
        }
    }

    async fn text(&self, reply: Reply, event: &Event, chosen: Option<Language>) -> String {
        match reply {
            Reply::Echo(text) => text.into_string(),
            Reply::Say(phrase) => {
                let language = match chosen {
                    Some(language) => language,
                    None => profile_language(&self.line.messaging().await, event.user_id())
                        .await
                        .unwrap_or(self.language),
                };
                phrase.in_language(language, &self.link)
            }
        }
    }

    async fn reply(
        &self,
        claim: &Claim,
        event: &Event,
        token: &ReplyToken,
        text: &str,
        answer: &mut Option<Answer>,
    ) -> Result<(), Trouble> {
        let Some(messages) = messages(text) else {
            return Ok(());
        };
        if !self.in_time(claim, event) {
            self.metrics.count_reply(ReplyEnd::TooLate);
            return Ok(());
        }
        match self.store.begin_reply(claim, self.clock.now()).await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                tracing::error!(%error, "cannot record a reply before it is sent");
                return Err(Trouble::Inbox);
            }
        }
        match self.line.messaging().await.reply(token, &messages).await {
            Ok(_) => {
                self.metrics.count_reply(ReplyEnd::Accepted);
                *answer = Some(Answer::Accepted);
                Ok(())
            }
            Err(error) if error.is_definite() && error.refusal().is_some() => {
                self.metrics.count_reply(ReplyEnd::Refused);
                tracing::warn!(error = chain(&error), "LINE refused a reply");
                *answer = Some(Answer::Refused);
                Ok(())
            }
            Err(error) => {
                self.metrics.count_reply(ReplyEnd::Unknown);
                tracing::warn!(
                    error = chain(&error),
                    "nobody knows whether LINE took a reply"
                );
                Err(Trouble::Reply)
            }
        }
    }
}

/// Whether api-users would answer the same to the same question.
fn is_final(error: &UsersError) -> bool {
    match error {
        UsersError::Refused(problem) => !matches!(problem.status, 401 | 403 | 408 | 429),
        _ => false,
    }
}

/// The text in as many messages as it takes; `None` if LINE would not take it at all.
fn messages(text: &str) -> Option<Messages> {
    let mut texts = vec![String::new()];
    let mut units = 0;
    for letter in text.chars() {
        units += letter.len_utf16();
        if units > TEXT_UNITS {
            texts.push(String::new());
            units = letter.len_utf16();
        }
        texts.last_mut()?.push(letter);
    }
    texts.truncate(REPLY_TEXTS);
    let messages: Result<Vec<_>, _> = texts.into_iter().map(Message::text).collect();
    Messages::new(messages.ok()?).ok()
}
