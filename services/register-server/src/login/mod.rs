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

use crate::cookie;

/// The language of a visitor of whom no link and no form says it: that of the last page, else the first that the
/// browser wants and we speak.
pub(crate) fn preferred_language(headers: &HeaderMap) -> Language {
    let wanted = || {
        let list = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        list.split(',')
            .find_map(|entry| Language::serving(entry.split(';').next()?.trim()))
    };
    cookie::language(headers)
        .or_else(wanted)
        .unwrap_or_default()
}
