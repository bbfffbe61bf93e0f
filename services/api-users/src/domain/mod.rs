//! What may be stored, parsed once.

mod candidate;
mod change;
mod consent;
mod fields;
mod friendship;
mod luid;
mod profile;

pub(crate) use candidate::Candidate;
pub(crate) use change::Change;
pub(crate) use consent::{ConsentText, Purpose, parse_consents};
pub(crate) use fields::{Fields, Invalid};
pub(crate) use friendship::FriendshipEvent;
pub(crate) use luid::Luid;
pub(crate) use profile::{DisplayName, Language, PictureUrl, TimeZone};
