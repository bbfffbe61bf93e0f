//! What may be stored, parsed once.

mod audience;
mod candidate;
mod change;
mod consent;
mod contact;
mod fields;
mod friendship;
mod listing;
mod luid;
mod note;
mod profile;
mod quiet_hours;

pub(crate) use audience::{Audience, RecipientCheck};
pub(crate) use candidate::Candidate;
pub(crate) use change::{Change, Edit};
pub(crate) use consent::{ConsentText, Purpose, TopicName, parse_consents, parse_version};
pub(crate) use contact::{Email, Phone};
pub(crate) use fields::{Fields, Invalid};
pub(crate) use friendship::FriendshipEvent;
pub(crate) use listing::{Listing, Place, Sort};
pub(crate) use luid::{Luid, parse_luids};
pub(crate) use note::{ATTRIBUTES, Attribute, AttributeName, TAGS, TOPICS, Tag, canonical};
pub(crate) use profile::{DisplayName, Language, PictureUrl, TimeZone};
pub(crate) use quiet_hours::QuietHours;
