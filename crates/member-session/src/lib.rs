#![doc = include_str!("../README.md")]

mod flash;
mod form;
mod language;
mod offer;
mod page;
mod session;

pub use flash::Flash;
pub use form::{
    FieldError, FieldProblem, Form, FormKind, RegisterForm, UpdateForm, consent_field, shown_field,
    text_field, topic_field,
};
pub use language::{LANGUAGE_COOKIE, Language};
pub use offer::{ConsentOffer, Legal, LegalText, Offer, OfferError, TopicOffer, Words};
pub use page::{Page, SORRY_PATH, SignInFailure, login_path, login_path_to, session_path};
pub use session::{
    Consent, FLASH_COOKIE, Friendship, Membership, QuietHours, SESSION_COOKIE, Session, Visitor,
};
