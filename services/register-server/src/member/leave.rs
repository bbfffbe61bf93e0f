use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use line_api::UserId;
use member_session::Page;
use users_client::{Status, UsersError};

use super::Fields;
use crate::app::AppState;
use crate::digest::Digest;
use crate::error::Error;
use crate::see_other::SeeOther;
use crate::session::{self, Person};
use crate::store::Leaver;

/// `POST /member/leave`: ends the membership.
pub(crate) async fn leave(
    State(app): State<AppState>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let language = fields.page_language();
    let person = match session::find(&app, &headers).await {
        Ok(Some(signed_in)) => signed_in.person,
        Ok(None) => return SeeOther::sign_in_first(language),
        Err(error) => return SeeOther::try_again(Page::Leave, language, &error),
    };
    // A task of its own: a visitor who hangs up half-way leaves all the same.
    let left = tokio::spawn(async move { go(&app, &person).await });
    match left.await.map_err(Error::from).flatten() {
        Ok(()) => SeeOther::page(Page::Goodbye, language).signed_out().into(),
        Err(error) => SeeOther::try_again(Page::Leave, language, &error),
    }
}

/// Durable first, then LINE, then erasure whatever LINE answered. From the first line on, `upkeep` carries on with
/// what is cut short here.
async fn go(app: &AppState, person: &Person) -> Result<(), Error> {
    let now = app.clock.now();
    app.store.note_leaving(&person.luid, now).await?;
    if let Err(error) = mark(app, &person.luid).await {
        // They hear that nothing changed, so nothing may change later on.
        app.store.call_off_leaving(&person.luid).await?;
        return Err(error);
    }
    app.store.end_sessions_of(&person.digest()).await?;
    app.line.unlink(&person.access_token()).await;
    if let Err(error) = erase(app, &person.luid).await {
        let error = service_kit::telemetry::chain(&error);
        tracing::warn!(%error, "an erasure will be tried again: {error}");
    }
    Ok(())
}

/// Carries on for somebody who asked to leave and was not erased.
pub(crate) async fn resume_leaving(app: &AppState, leaver: &Leaver) -> Result<(), Error> {
    if !leaver.is_marked {
        mark(app, &leaver.luid).await?;
    }
    finish_leaving(app, &leaver.luid).await
}

/// Erases somebody who is marked as leaving. If they are not, they were erased and may have registered anew since.
pub(crate) async fn finish_leaving(app: &AppState, luid: &UserId) -> Result<(), Error> {
    match app.users.member(luid.as_str()).await? {
        Some(member) if member.status == Status::Leaving => {
            let person = Digest::of(luid.as_str());
            app.store.end_sessions_of(&person).await?;
            erase(app, luid).await
        }
        _ => Ok(app.store.forget_leaving(luid).await?),
    }
}

async fn mark(app: &AppState, luid: &UserId) -> Result<(), Error> {
    unless_gone(app.users.leave(luid.as_str()).await)?;
    Ok(app.store.confirm_leaving(luid, app.clock.now()).await?)
}

async fn erase(app: &AppState, luid: &UserId) -> Result<(), Error> {
    unless_gone(app.users.erase(luid.as_str()).await)?;
    Ok(app.store.forget_leaving(luid).await?)
}

/// Who is not there need not go.
fn unless_gone(answer: Result<(), UsersError>) -> Result<(), UsersError> {
    match answer {
        Err(UsersError::Refused(problem)) if problem.status == StatusCode::NOT_FOUND => Ok(()),
        answer => answer,
    }
}
