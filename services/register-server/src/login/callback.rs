use axum::extract::{RawQuery, State};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use http::{HeaderMap, HeaderValue, header};
use line_api::login::LoginError;
use member_session::{Language, Page, SignInFailure};
use users_client::Status;

use super::answer::{Answer, Outcome};
use super::preferred_language;
use crate::app::AppState;
use crate::cookie;
use crate::error::Error;
use crate::member;
use crate::secret_id::SecretId;
use crate::session::{self, Person};
use crate::store::Login;

/// `GET /auth/callback`: LINE sends the visitor back. Every answer is a 303 to a page without the query.
pub(crate) async fn callback(
    State(app): State<AppState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let browser = cookie::browser(&headers);
    let language = browser
        .as_ref()
        .map_or_else(|| preferred_language(&headers), |browser| browser.language);
    let expired = Failed::from(SignInFailure::Expired);
    let (Some(browser), Some(answer)) =
        (browser, Answer::read(query.as_deref().unwrap_or_default()))
    else {
        return expired.page(language);
    };
    // Taken out before anybody is asked: whatever happens next, it happens once.
    let taken = app
        .store
        .take_login(&answer.state, &browser.id.digest(), app.clock.now())
        .await;
    let login = match taken {
        Ok(Some(login)) => login,
        Ok(None) => return expired.page(language),
        Err(error) => return Failed::from(Error::from(error)).page(language),
    };
    let language = login.language;
    match finish(&app, cookie::session(&headers), login, answer.outcome).await {
        Ok((session, page)) => (
            AppendHeaders([(header::SET_COOKIE, session)]),
            Redirect::to(&page.path(language)),
        )
            .into_response(),
        Err(failed) => failed.page(language),
    }
}

/// From the code to a session, and the page to begin it on.
async fn finish(
    app: &AppState,
    former: Option<SecretId>,
    login: Login,
    outcome: Outcome,
) -> Result<(HeaderValue, Page), Failed> {
    let code = match outcome {
        Outcome::Code(code) => code,
        Outcome::Refused(failure) => return Err(failure.into()),
    };
    let (identity, access_token) = app
        .line
        .sign_in(&code, &login.verifier, &login.nonce)
        .await
        .map_err(Error::from)?;
    let (confirmed, is_friend, is_member) = tokio::join!(
        app.line.confirm(&access_token, &identity.user_id),
        app.line.is_friend(&access_token),
        is_member(app, &identity.user_id),
    );
    confirmed.map_err(Error::from)?;
    let is_member = is_member?;
    let person = Person::new(identity, &access_token, is_friend, login.next);
    let session = session::begin(app, former.as_ref(), &person, is_member).await?;
    let page = if is_member {
        login.next.unwrap_or(Page::Membership)
    } else {
        Page::Register
    };
    tracing::info!(member = is_member, "somebody signed in");
    Ok((session, page))
}

/// Whether they are a member. Somebody still on the way out must be out before they may come in again.
async fn is_member(app: &AppState, luid: &line_api::UserId) -> Result<bool, Error> {
    member::resume_leaving(app, luid).await?;
    match app.users.member(luid.as_str()).await? {
        Some(member) if member.status == Status::Active => Ok(true),
        Some(_) => {
            member::finish_leaving(app, luid).await?;
            Ok(false)
        }
        None => Ok(false),
    }
}

/// A sign-in that did not work out.
#[derive(Debug)]
struct Failed {
    failure: SignInFailure,
    cause: Option<Error>,
}

impl Failed {
    fn page(self, language: Language) -> Response {
        let reason = self.failure.slug();
        tracing::info!(
            login.failure = reason,
            "a sign-in did not work out: {reason}"
        );
        let page = Page::SignInFailed(self.failure).path(language);
        let response = Redirect::to(&page).into_response();
        match self.cause {
            Some(error) => error.behind(response),
            None => response,
        }
    }
}

impl From<SignInFailure> for Failed {
    fn from(failure: SignInFailure) -> Self {
        Self {
            failure,
            cause: None,
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let failure = match &error {
            Error::Line(LoginError::Unavailable(_)) => SignInFailure::Unavailable,
            Error::Line(_) => SignInFailure::Refused,
            _ => SignInFailure::Unavailable,
        };
        Self {
            failure,
            cause: Some(error),
        }
    }
}
