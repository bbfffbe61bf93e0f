#![doc = include_str!("../README.md")]

mod answer;
mod app;
mod assets;
mod brand;
mod colour;
mod compress;
mod config;
mod date;
mod form;
mod handlers;
mod language;
mod markdown;
mod notice;
mod own_texts;
mod picture;
mod scene;
mod session;
mod site;
mod text;
mod view;
mod visit;
mod zone;

pub use app::{App, BuildError};
pub use brand::BrandError;
pub use config::Config;
pub use own_texts::TextError;
pub use picture::PictureError;

rust_i18n::i18n!("locales");
