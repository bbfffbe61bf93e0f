//! The suite in a real browser.

mod chat;
mod inspect;
mod languages;
mod people;
mod stray;
mod walk;
mod weight;
