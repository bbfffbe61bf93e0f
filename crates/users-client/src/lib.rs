#![doc = include_str!("../README.md")]

mod audience;
mod audit;
mod client;
mod document;
mod error;
#[cfg(feature = "openapi")]
pub mod field;
mod profile;
mod retry;

pub use audit::{AuditEntry, AuditPage};
pub use client::UsersClient;
pub use document::{
    AudienceMember, Consent, Friendship, FriendshipChange, GiveConsent, Member, MemberPage,
    Membership, RegisterMember, Status, UpdateMember,
};
pub use error::{UnexpectedAnswer, UsersError};
pub use profile::{Attribute, FriendshipState, PersonExport, QuietHours, Topic};
