use service_kit::Timestamp;

use super::content::Message;
use super::object::{Flaw, Object};
use super::open::open_enum;
use crate::{Private, UserId};

/// What happened (MA#webhook-event-objects). Only what gives the event its meaning must be there;
/// LINE's own samples leave out much that its reference calls required.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Someone wrote, or sent something else, to a chat that the bot is in.
    Message(Message),
    /// Someone changed a text in a group: the same message ID, new content. The latest event counts.
    MessageEdited(Message),
    /// Someone took a message back; what is stored of it must be deleted or hidden.
    Unsend {
        /// The message that is to be forgotten.
        message_id: String,
    },
    /// Someone added the account as a friend, or unblocked it.
    Follow {
        /// Whether it was unblocked, as far as LINE can tell.
        is_unblocked: Option<bool>,
    },
    /// Someone blocked the account.
    Unfollow,
    /// The bot came into a group or a room.
    Join,
    /// The bot was removed from a group or a room.
    Leave,
    /// People came into a group or a room that the bot is in.
    MemberJoined {
        /// Those whom LINE names.
        members: Vec<UserId>,
    },
    /// People left a group or a room that the bot is in.
    MemberLeft {
        /// Those whom LINE names.
        members: Vec<UserId>,
    },
    /// Someone pressed a button whose action is a postback.
    Postback(Postback),
    /// Someone watched a video of the bot's to its end.
    VideoPlayComplete {
        /// The ID that the video was sent with.
        tracking_id: String,
    },
    /// Someone came near a beacon.
    Beacon(Beacon),
    /// Someone tried to link the LINE account to an account of ours.
    AccountLink(AccountLink),
    /// Someone's paid membership of the account changed.
    Membership(Membership),
    /// This module was attached to, or detached from, an account.
    Module(Module),
    /// This module got the lead of the conversation.
    Activated {
        /// Until when.
        expire_at: Option<Timestamp>,
    },
    /// This module lost the lead of the conversation.
    Deactivated,
    /// The account was suspended.
    BotSuspended,
    /// The account is back.
    BotResumed,
    /// A LINE notification message was delivered.
    Delivery {
        /// The hashed phone number or the delivery tag that it was sent with.
        data: Private,
    },
    /// An event of a type that this crate does not know.
    Unknown {
        /// Its type as LINE wrote it.
        event_type: String,
    },
    /// An event that cannot be read, or whose meaning is missing.
    Malformed {
        /// What is wrong with it.
        flaw: Flaw,
    },
}

impl Kind {
    pub(super) fn read(event: &Object<'_>) -> Self {
        Self::try_read(event).unwrap_or_else(|flaw| Self::Malformed { flaw })
    }

    fn try_read(event: &Object<'_>) -> Result<Self, Flaw> {
        let event_type = event.string("type").ok_or(Flaw::Member("type"))?;
        Ok(match event_type.as_str() {
            "message" => Self::Message(Message::read(&event.object("message"))?),
            "messageEdited" => Self::MessageEdited(Message::read(&event.object("message"))?),
            "unsend" => Self::Unsend {
                message_id: event
                    .object("unsend")
                    .id("messageId")
                    .ok_or(Flaw::Member("unsend.messageId"))?,
            },
            "follow" => Self::Follow {
                is_unblocked: event.object("follow").get("isUnblocked"),
            },
            "unfollow" => Self::Unfollow,
            "join" => Self::Join,
            "leave" => Self::Leave,
            "memberJoined" => Self::MemberJoined {
                members: event.object("joined").users("members"),
            },
            "memberLeft" => Self::MemberLeft {
                members: event.object("left").users("members"),
            },
            "postback" => Self::Postback(Postback::read(&event.object("postback"))?),
            "videoPlayComplete" => Self::VideoPlayComplete {
                tracking_id: event
                    .object("videoPlayComplete")
                    .string("trackingId")
                    .ok_or(Flaw::Member("videoPlayComplete.trackingId"))?,
            },
            "beacon" => Self::Beacon(Beacon::read(&event.object("beacon"))?),
            "accountLink" => Self::AccountLink(AccountLink::read(&event.object("link"))?),
            "membership" => Self::Membership(Membership::read(&event.object("membership"))?),
            "module" => Self::Module(Module::read(&event.object("module"))?),
            "activated" => Self::Activated {
                expire_at: event.object("chatControl").get("expireAt"),
            },
            "deactivated" => Self::Deactivated,
            "botSuspended" => Self::BotSuspended,
            "botResumed" => Self::BotResumed,
            "delivery" => Self::Delivery {
                data: event
                    .object("delivery")
                    .text("data")
                    .ok_or(Flaw::Member("delivery.data"))?,
            },
            _ => Self::Unknown { event_type },
        })
    }
}

/// A button's answer (MA#postback-event).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postback {
    /// What the button was made with; anyone can send anything here.
    pub data: Private,
    /// What was chosen, for a date picker or a rich-menu switch.
    pub params: PostbackParams,
}

impl Postback {
    fn read(postback: &Object<'_>) -> Result<Self, Flaw> {
        let data = postback.text("data").ok_or(Flaw::Member("postback.data"))?;
        let params = postback.object("params");
        let params = PostbackParams {
            date: params.text("date"),
            time: params.text("time"),
            datetime: params.text("datetime"),
            new_rich_menu_alias_id: params.string("newRichMenuAliasId"),
            status: params.string("status"),
        };
        Ok(Self { data, params })
    }
}

/// What was chosen with a button (MA#postback-params-object). Times have no zone: they are as the person sees them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostbackParams {
    /// `2017-12-25`
    pub date: Option<Private>,
    /// `01:00`
    pub time: Option<Private>,
    /// `2017-12-25T01:00`
    pub datetime: Option<Private>,
    /// The rich menu that was switched to.
    pub new_rich_menu_alias_id: Option<String>,
    /// How the switch went: `SUCCESS`, `RICHMENU_ALIAS_ID_NOTFOUND`, `RICHMENU_NOTFOUND`, `FAILED`, or new ones.
    pub status: Option<String>,
}

/// A person near a beacon (MA#beacon-event).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beacon {
    /// The beacon's hardware ID.
    pub hwid: String,
    /// What the person did.
    pub action: BeaconAction,
    /// The beacon's own message, hexadecimal.
    pub dm: Option<String>,
}

impl Beacon {
    fn read(beacon: &Object<'_>) -> Result<Self, Flaw> {
        Ok(Self {
            hwid: beacon.string("hwid").ok_or(Flaw::Member("beacon.hwid"))?,
            action: beacon.get("type").ok_or(Flaw::Member("beacon.type"))?,
            dm: beacon.string("dm"),
        })
    }
}

open_enum! {
    /// What a person did near a beacon.
    pub enum BeaconAction {
        /// Came into its reach.
        Enter = "enter",
        /// Tapped its banner.
        Banner = "banner",
        /// Is still in its reach; sent again and again.
        Stay = "stay",
    }
}

/// An attempt to link accounts (MA#account-link-event). A failed one has neither source nor reply token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLink {
    /// How it went.
    pub result: LinkResult,
    /// The nonce that stands for our account.
    pub nonce: Private,
}

impl AccountLink {
    fn read(link: &Object<'_>) -> Result<Self, Flaw> {
        Ok(Self {
            result: link.get("result").ok_or(Flaw::Member("link.result"))?,
            nonce: link.text("nonce").ok_or(Flaw::Member("link.nonce"))?,
        })
    }
}

open_enum! {
    /// How an attempt to link accounts went.
    pub enum LinkResult {
        /// The accounts may be linked.
        Ok = "ok",
        /// They must not be: the link was someone else's, say.
        Failed = "failed",
    }
}

/// A change of a paid membership (MA#membership-event). Changing the plan sends `left` and `joined`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// What changed.
    pub change: MembershipChange,
    /// The plan.
    pub membership_id: Option<u64>,
}

impl Membership {
    fn read(membership: &Object<'_>) -> Result<Self, Flaw> {
        Ok(Self {
            change: membership
                .get("type")
                .ok_or(Flaw::Member("membership.type"))?,
            membership_id: membership.get("membershipId"),
        })
    }
}

open_enum! {
    /// What changed about a paid membership.
    pub enum MembershipChange {
        /// It began.
        Joined = "joined",
        /// It ended.
        Left = "left",
        /// It goes on for another period.
        Renewed = "renewed",
    }
}

/// A module was attached or detached (d:partner-docs/module-technical-using-messaging-api).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Which of the two.
    pub change: ModuleChange,
    /// The account.
    pub bot_id: Option<UserId>,
    /// What the module may do there.
    pub scopes: Vec<String>,
    /// Why it was detached: `bot_deleted`, or a new reason.
    pub reason: Option<String>,
}

impl Module {
    fn read(module: &Object<'_>) -> Result<Self, Flaw> {
        Ok(Self {
            change: module.get("type").ok_or(Flaw::Member("module.type"))?,
            bot_id: module.get("botId"),
            scopes: module.list("scopes"),
            reason: module.string("reason"),
        })
    }
}

open_enum! {
    /// What happened to a module.
    pub enum ModuleChange {
        /// It now serves the account.
        Attached = "attached",
        /// It no longer does.
        Detached = "detached",
    }
}
