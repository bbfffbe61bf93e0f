//! The pages, drawn by Leptos as plain HTML: no script, no wasm, forms that any browser can send.

#![expect(
    unreachable_pub,
    reason = "the component macro makes a pub struct of each component's properties"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "components own their properties"
)]

mod card;
mod consents;
mod emblem;
mod failure;
mod fields;
mod home;
mod journey;
mod legal;
mod membership;
mod register;
mod shell;
mod wishes;

pub(crate) use failure::{NotFound, SignInFailed, TooMany, Unavailable, WrongMethod};
pub(crate) use home::Home;
pub(crate) use journey::{Goodbye, Leave, Welcome};
pub(crate) use legal::LegalPage;
pub(crate) use membership::Membership;
pub(crate) use register::Register;
