use axum::extract::{RawQuery, State};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use http::{Extensions, HeaderMap, header};
use member_session::{Language, Page, SignInFailure};
use url::form_urlencoded;

use super::preferred_language;
use crate::app::AppState;
use crate::client;
use crate::cookie::{self, Browser};
use crate::error::Error;
use crate::line::Attempt;

/// `GET /auth/login`: writes the attempt down and sends the visitor to LINE.
pub(crate) async fn start(
    State(app): State<AppState>,
    headers: HeaderMap,
    extensions: Extensions,
    RawQuery(query): RawQuery,
) -> Response {
    let wish = Wish::read(query.as_deref().unwrap_or_default(), &headers);
    // The tabs of a browser share its ID, so that each of them can finish.
    let browser = Browser {
        id: cookie::browser(&headers)
            .map(|browser| browser.id)
            .filter(|id| app.browsers.made(id))
            .unwrap_or_else(|| app.browsers.make()),
        language: wish.language,
    };
    let attempt = Attempt::random();
    let kept = app
        .store
        .start_login(
            &attempt,
            &browser.id.digest(),
            client::of(&app.proxies, &extensions, &headers),
            (wish.language, wish.next),
            app.clock.now(),
        )
        .await;
    if let Err(error) = kept {
        let page = Page::SignInFailed(SignInFailure::Unavailable).path(wish.language);
        return Error::from(error).behind(Redirect::to(&page).into_response());
    }
    let line = app
        .line
        .authorize_url(&attempt, wish.language, wish.without_auto_login);
    (
        AppendHeaders([(header::SET_COOKIE, cookie::set_browser(&browser))]),
        Redirect::to(line.as_str()),
    )
        .into_response()
}

/// What the link asked for. Anything odd is as good as nothing.
#[derive(Debug)]
struct Wish {
    language: Language,
    without_auto_login: bool,
    next: Option<Page>,
}

impl Wish {
    fn read(query: &str, headers: &HeaderMap) -> Self {
        let first = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find_map(|(key, value)| (key == name).then_some(value))
        };
        Self {
            language: first("lang")
                .and_then(|tag| Language::from_tag(&tag))
                .unwrap_or_else(|| preferred_language(headers)),
            without_auto_login: first("without_auto_login").is_some_and(|value| value == "true"),
            next: first("next").and_then(|path| Page::sought(&path)),
        }
    }
}
