//! The suite in a real browser.

mod brand;
mod chat;
mod inspect;
mod languages;
mod people;
mod states;
mod stray;
mod thai;
pub(crate) mod walk;
mod weight;
