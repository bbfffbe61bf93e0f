#![doc = include_str!("../README.md")]

mod form;
mod language;
mod page;
mod session;

pub use form::{FieldError, FieldProblem, Form, RegisterForm, UpdateForm, consent_field};
pub use language::Language;
pub use page::{Page, SignInFailure, login_path};
pub use session::{Consent, ConsentOffer, Flash, Friendship, Membership, Session, Visitor};
