#![doc = include_str!("../README.md")]

mod audience;
mod audience_document;
mod audit;
mod change;
mod client;
mod document;
mod error;
#[cfg(feature = "openapi")]
pub mod field;
mod membership;
mod profile;
mod retry;

pub use audience::AudiencePage;
pub use audience_document::{
    AudienceMember, AudiencePreview, AudienceRequest, CheckAudience, CheckedAudience,
    ExcludedMembers,
};
pub use audit::{AuditEntry, AuditPage};
pub use change::{Change, ChangeKind, ChangePage, InvalidDigest, LuidDigest};
pub use client::UsersClient;
pub use document::{
    Consent, Friendship, FriendshipChange, GiveConsent, ListMembers, Member, MemberPage,
    RegisterMember, Status, UpdateMember,
};
pub use error::{UnexpectedAnswer, UsersError};
pub use membership::{LookUpMemberships, Membership, Memberships};
pub use profile::{Attribute, FriendshipState, PersonExport, QuietHours, Topic};
