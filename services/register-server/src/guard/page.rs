use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};
use member_session::{Flash, Language, Page, RegisterForm, SignInFailure, UpdateForm};
use service_kit::Failure;
use service_kit::server::wants_a_page;

use crate::login::preferred_language;
use crate::see_other::SeeOther;

/// Sends people to a page of register-client where a program gets a problem: a browser that navigates says that it
/// wants `text/html`. The page there says what to do next, in its own status.
pub(crate) async fn as_a_page(request: Request, next: Next) -> Response {
    let Some(asked) = Asked::by_a_person(&request) else {
        return next.run(request).await;
    };
    let mut response = next.run(request).await;
    let Some(mut page) = asked.instead_of(response.status()) else {
        return response;
    };
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        page.extensions_mut().insert(failure);
    }
    page
}

/// What somebody wanted to see.
struct Asked {
    method: Method,
    path: String,
    language: Language,
}

impl Asked {
    fn by_a_person(request: &Request) -> Option<Self> {
        wants_a_page(request.headers()).then(|| Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            language: preferred_language(request.headers()),
        })
    }

    /// The page that says why there is no other, if `status` says that there is none.
    fn instead_of(&self, status: StatusCode) -> Option<Response> {
        let goes_on = !(status.is_client_error() || status.is_server_error());
        // By this name we are not reached, so neither are our pages.
        if goes_on || status == StatusCode::MISDIRECTED_REQUEST {
            return None;
        }
        let page = match (status, self.path.as_str()) {
            (StatusCode::TOO_MANY_REQUESTS, _) => Page::SignInFailed(SignInFailure::TooMany),
            (_, "/auth/callback") => Page::SignInFailed(SignInFailure::Expired),
            (_, "/auth/login" | UpdateForm::LOGOUT_ACTION) => Page::Home,
            (_, RegisterForm::ACTION) => Page::Register,
            (_, UpdateForm::ACTION) => Page::Membership,
            (_, UpdateForm::LEAVE_ACTION) => Page::Leave,
            _ => return Some(SeeOther::nowhere(self.language).into()),
        };
        let news = match (status.is_server_error(), self.method.is_safe()) {
            (true, _) => Some(Flash::TryAgain),
            // Whoever comes back to where a form was sent wants to see the form.
            (false, true) => None,
            (false, false) => Some(Flash::NotTaken),
        };
        let answer = SeeOther::page(page, self.language);
        Some(match news {
            Some(news) => answer.flash(news).into(),
            None => answer.into(),
        })
    }
}
