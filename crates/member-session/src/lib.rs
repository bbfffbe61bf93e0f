#![doc = include_str!("../README.md")]

mod flash;
mod form;
mod language;
mod page;
mod session;

pub use flash::Flash;
pub use form::{
    FieldError, FieldProblem, Form, FormKind, RegisterForm, UpdateForm, consent_field, shown_field,
};
pub use language::{LANGUAGE_COOKIE, Language};
pub use page::{Page, SignInFailure, login_path, login_path_to, session_path};
pub use session::{Consent, ConsentOffer, Friendship, Membership, Session, Visitor};
