//! One attempt at one event.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use line_api::event::{Event, ReplyToken};
use line_api::messaging::{Message, Messages, Push, RetryKey};
use service_kit::Clock;
use service_kit::telemetry::chain;
use users_client::UsersClient;

use super::line::Line;
use super::look_ups::LookUps;
use super::sender::{Sender, profile_language};
use crate::bot::{self, Action, Language, Link, Reply};
use crate::limits::{KEPT, REDELIVERY_REPLY_WITHIN, REPLY_WITHIN};
use crate::metrics::{Metrics, ReplyEnd};
use crate::store::{Answer, Claim, Replied, Store};

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
    pub(crate) look_ups: LookUps,
    pub(crate) link: Link,
    pub(crate) language: Language,
    /// What people consented to who get messages, and take back when they want none.
    pub(crate) opt_out_consents: Vec<String>,
    /// Whether what came too late for a reply is pushed.
    pub(crate) push_fallback: bool,
    pub(crate) look_up_limit: Duration,
    /// Whether the last look-up came to nothing.
    pub(crate) outage: AtomicBool,
}

/// How a person can still be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Reply,
    Push,
}

/// What came of an attempt.
#[derive(Debug, Default)]
pub(super) struct Acted {
    /// What LINE answered to the reply, if it was asked.
    pub(super) reply: Option<Answer>,
    /// Why the event must be taken up again.
    pub(super) trouble: Option<Trouble>,
}

/// Why an attempt failed: a kind, nothing personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// api-users did not take a state change.
    Friendship,
    /// api-users did not take what somebody wants to hear no more of.
    OptOut,
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
            Self::OptOut => "opt-out-not-recorded",
            Self::Reply => "reply-unanswered",
            Self::Inbox => "inbox-failed",
            Self::TooLong => "took-too-long",
            Self::Panic => "panicked",
            Self::Abandoned => "never-ended",
        }
    }
}

impl Trouble {
    /// Whether api-users was away, which is no fault of the event's: it waits for it.
    pub(super) fn waits_for_users(self) -> bool {
        matches!(self, Self::Friendship | Self::OptOut)
    }

    /// The trouble that is noted like this.
    pub(super) fn noted(text: &str) -> Option<Self> {
        [Self::Friendship, Self::OptOut]
            .into_iter()
            .find(|trouble| trouble.as_str() == text)
    }
}

impl Acted {
    pub(super) fn failed(trouble: Trouble) -> Self {
        // Wherever it was broken off, there may have been a reply under way.
        let broke_off = matches!(trouble, Trouble::TooLong | Trouble::Panic);
        Self {
            reply: broke_off.then_some(Answer::Unknown),
            trouble: Some(trouble),
        }
    }
}

impl Actor {
    pub(super) async fn act(&self, claim: &Claim) -> Acted {
        let mut acted = Acted::default();
        // What is older than anything is remembered may be about somebody whose erasure is not known any more.
        if claim.unsent || self.clock.now().since(claim.event_at) > KEPT {
            return acted;
        }
        let event = Event::parse(&claim.raw);
        let sender = if self.way(claim, &event).is_some() && bot::asks_about_sender(&event) {
            Sender::look_up(
                &self.look_ups,
                event.user_id(),
                self.look_up_limit,
                &self.outage,
            )
            .await
        } else {
            Sender::UNKNOWN
        };
        for action in bot::respond(&event, sender.standing) {
            // Boxed is what is rare, so that it takes no room in the attempts at everything else, which are moved.
            let done = match action {
                Action::SetFriendship(friendship) => {
                    Box::pin(self.set_friendship(claim, &event, friendship)).await
                }
                Action::OptOut(wish) => Box::pin(self.opt_out(claim, &event, &wish)).await,
                Action::Forget(message_id) => Box::pin(self.forget(claim, &message_id)).await,
                // What is not done yet is not said to be.
                Action::Reply(_) if acted.trouble == Some(Trouble::OptOut) => Ok(()),
                Action::Reply(reply) => {
                    let answered = self.answer(claim, &event, reply, sender.language).await;
                    acted.reply = match answered {
                        Err(Trouble::Reply) => Some(Answer::Unknown),
                        answered => answered.ok().flatten(),
                    };
                    answered.map(drop)
                }
            };
            acted.trouble = acted.trouble.or(done.err());
        }
        acted
    }

    /// How LINE would take an answer to the event for certain. After a reply was tried it is never pushed: LINE may have
    /// taken the reply.
    fn way(&self, claim: &Claim, event: &Event) -> Option<Way> {
        event.reply_token()?;
        let now = self.clock.now();
        let in_time = now.since(claim.received_at) < REPLY_WITHIN
            && (!event.header.is_redelivery || now.since(claim.event_at) < REDELIVERY_REPLY_WITHIN);
        match claim.replied {
            Replied::Answered => None,
            _ if in_time => Some(Way::Reply),
            Replied::No if self.push_fallback => Some(Way::Push),
            _ => None,
        }
    }

    async fn forget(&self, claim: &Claim, message_id: &str) -> Result<(), Trouble> {
        let forgotten = self.store.unsend(claim, message_id, self.clock.now()).await;
        forgotten.map_err(|error| {
            tracing::error!(
                error = chain(&error),
                "cannot forget a message that was taken back"
            );
            Trouble::Inbox
        })
    }

    async fn text(&self, reply: Reply, event: &Event, chosen: Option<Language>) -> String {
        match reply {
            Reply::Echo(text) => text.into_string(),
            Reply::Say(phrase) => {
                let known = if chosen.is_some() {
                    chosen
                } else {
                    let line = self.line.messaging().await;
                    Box::pin(profile_language(&line, event.user_id())).await
                };
                // In a group, others tap the link too.
                let link = match known {
                    Some(language) if bot::is_one_to_one(event) => {
                        self.link.for_reader_of(language)
                    }
                    _ => self.link.as_str().to_owned(),
                };
                phrase.in_language(known.unwrap_or(self.language), &link)
            }
        }
    }

    /// Answers the event in whatever way is left. Says what LINE said.
    async fn answer(
        &self,
        claim: &Claim,
        event: &Event,
        reply: Reply,
        language: Option<Language>,
    ) -> Result<Option<Answer>, Trouble> {
        let text = self.text(reply, event, language).await;
        let (Some(token), Some(messages)) = (event.reply_token(), messages(&text)) else {
            return Ok(None);
        };
        // Looked at again, for looking people up takes time.
        let Some(way) = self.way(claim, event) else {
            if claim.replied != Replied::Answered {
                self.metrics.count_reply(ReplyEnd::TooLate);
            }
            return Ok(None);
        };
        if !self.may_begin(claim).await? {
            return Ok(None);
        }
        // Looked at once more, for asking may have had to wait.
        if self.way(claim, event) != Some(way) {
            self.metrics.count_reply(ReplyEnd::TooLate);
            return Ok(None);
        }
        match way {
            Way::Reply => self.reply(claim, token, &messages).await.map(Some),
            Way::Push => Ok(self.push(event, messages).await),
        }
    }

    /// Whether the attempt still owns its event. The lease that was committed when it was taken up says that a reply may be under
    /// way; after a while the inbox is asked whether it still holds.
    async fn may_begin(&self, claim: &Claim) -> Result<bool, Trouble> {
        let now = self.clock.now();
        if claim.is_fresh(now) {
            return Ok(true);
        }
        self.store.begin_reply(claim, now).await.map_err(|error| {
            let error = chain(&error);
            tracing::error!(error, "cannot record a reply before it is sent");
            Trouble::Inbox
        })
    }

    async fn reply(
        &self,
        claim: &Claim,
        token: &ReplyToken,
        messages: &Messages,
    ) -> Result<Answer, Trouble> {
        match self.line.messaging().await.reply(token, messages).await {
            Ok(_) => {
                self.metrics.count_reply(ReplyEnd::Accepted);
                self.metrics.answered(claim.received_at, self.clock.now());
                Ok(Answer::Accepted)
            }
            Err(error) if error.is_definite() && error.refusal().is_some() => {
                let spent = claim.replied == Replied::Perhaps;
                self.metrics.count_reply(if spent {
                    ReplyEnd::Spent
                } else {
                    ReplyEnd::Refused
                });
                tracing::warn!(error = chain(&error), spent, "LINE refused a reply");
                Ok(Answer::Refused)
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

    /// Sends the answer at the channel's cost, once: whatever comes of it, it is not tried again.
    async fn push(&self, event: &Event, messages: Messages) -> Option<Answer> {
        let push = Push::new(event.chat_id()?, messages);
        match self
            .line
            .messaging()
            .await
            .push(&push, RetryKey::random())
            .await
        {
            Ok(_) => {
                self.metrics.count_reply(ReplyEnd::Pushed);
                Some(Answer::Accepted)
            }
            Err(error) => {
                self.metrics.count_reply(ReplyEnd::TooLate);
                tracing::warn!(
                    error = chain(&error),
                    "an answer that came too late was not pushed"
                );
                Some(Answer::Unknown)
            }
        }
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
