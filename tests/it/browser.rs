//! The suite in a real browser.

mod chat;
mod inspect;
mod languages;
mod people;
mod stray;
pub(crate) mod walk;
mod weight;
