use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use http::{HeaderName, HeaderValue, header};
use member_session::{Flash, Language, Page};

use crate::cookie;
use crate::error::Error;

/// The answer to a form: 303 to a page, with news and cookies.
#[derive(Debug)]
pub(crate) struct SeeOther {
    path: String,
    cookies: Vec<(HeaderName, HeaderValue)>,
}

impl SeeOther {
    /// Goes to `page`.
    pub(crate) fn page(page: Page, language: Language) -> Self {
        Self {
            path: page.path(language),
            cookies: Vec::new(),
        }
    }

    /// Goes where there is no page, and register-client says so.
    pub(crate) fn nowhere(language: Language) -> Self {
        Self {
            path: format!("/{}/nowhere", language.tag()),
            cookies: Vec::new(),
        }
    }

    /// Tells `flash` there.
    pub(crate) fn flash(mut self, flash: Flash) -> Self {
        self.cookies
            .push((header::SET_COOKIE, cookie::set_flash(flash)));
        self
    }

    /// Takes the session's cookie away.
    pub(crate) fn signed_out(mut self) -> Self {
        self.cookies
            .push((header::SET_COOKIE, cookie::clear_session()));
        self
    }

    /// The session is over: home, to sign in first.
    pub(crate) fn sign_in_first(language: Language) -> Response {
        Self::page(Page::Home, language)
            .flash(Flash::SignInFirst)
            .signed_out()
            .into()
    }

    /// Something of ours failed and nothing changed: `page` again, and the log knows why.
    pub(crate) fn try_again(page: Page, language: Language, error: &Error) -> Response {
        error.behind(Self::page(page, language).flash(Flash::TryAgain).into())
    }
}

impl From<SeeOther> for Response {
    fn from(answer: SeeOther) -> Self {
        (AppendHeaders(answer.cookies), Redirect::to(&answer.path)).into_response()
    }
}
