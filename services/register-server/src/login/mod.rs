//! Signing in with LINE, and signing out.

mod answer;
mod callback;
mod logout;
mod start;

pub(crate) use callback::callback;
pub(crate) use logout::logout;
pub(crate) use start::start;

use http::{HeaderMap, header};
use member_session::Language;

/// The language of a visitor whom no cookie and no form knows: the first that the browser wants and we speak.
fn preferred_language(headers: &HeaderMap) -> Language {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .and_then(|list| {
            list.split(',')
                .find_map(|entry| Language::serving(entry.split(';').next()?.trim()))
        })
        .unwrap_or_default()
}
