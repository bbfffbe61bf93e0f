//! Webhook events (MA#webhook-event-objects): read tolerantly, one by one, raw bytes kept.
//!
//! ```
//! use line_api::event::{Delivery, Kind};
//!
//! let body = br#"{"destination":"U0123456789abcdef0123456789abcdef","events":[
//!     {"type":"follow","mode":"active","webhookEventId":"01J"},
//!     {"type":"a type of tomorrow"}
//! ]}"#;
//! let delivery = Delivery::parse(body).unwrap();
//! assert!(matches!(delivery.events[0].kind, Kind::Follow { .. }));
//! assert!(matches!(delivery.events[1].kind, Kind::Unknown { .. }));
//! ```

mod content;
mod delivery;
mod envelope;
mod header;
mod kind;
mod object;
mod open;

pub use content::{
    Audio, Content, ContentProvider, Emoji, File, Image, ImageSet, Location, Mentionee, Message,
    ProviderType, Sticker, Text, Video,
};
pub use delivery::{Delivery, MalformedDelivery};
pub use envelope::{DedupeKey, Event};
pub use header::{Header, Mode, ReplyToken, Source};
pub use kind::{
    AccountLink, Beacon, BeaconAction, Kind, LinkResult, Membership, MembershipChange, Module,
    ModuleChange, Postback, PostbackParams,
};
pub use object::Flaw;
