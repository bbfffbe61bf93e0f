use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use line_api::UserId;
use member_session::{Flash, Page, UpdateForm};
use users_client::UsersError;

use super::Fields;
use super::sender::sender;
use crate::app::AppState;
use crate::digest::Digest;
use crate::error::Error;
use crate::see_other::SeeOther;
use crate::session::Person;
use crate::store::Wish;

/// `POST /member/leave`: ends the membership. Who has no live token to tell LINE with is asked, once, to sign in for it;
/// LINE must have said so, and nobody has to.
pub(crate) async fn leave(
    State(app): State<AppState>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let language = fields.page_language();
    let person = match sender(&app, &headers, &fields, Page::Leave).await {
        Ok(signed_in) => signed_in.person,
        Err(answer) => return answer,
    };
    let may_ask = !person.came_to_leave && fields.get(UpdateForm::ALL_THE_SAME) != Some("true");
    if may_ask && app.line.is_dead(&person.access_token()).await {
        return SeeOther::page(Page::Leave, language)
            .flash(Flash::SignInToLeave)
            .into();
    }
    // A task of its own: a visitor who hangs up half-way leaves all the same.
    let left = tokio::spawn(async move { go(&app, &person).await });
    match left.await.map_err(Error::from).flatten() {
        Ok(()) => SeeOther::page(Page::Goodbye, language).signed_out().into(),
        Err(error) => SeeOther::try_again(Page::Leave, language, &error),
    }
}

/// Durable first, then LINE, then erasure whatever LINE answered. An error says that nothing changed and nothing will,
/// but for one: a store that gave no answer may have written their wish down, and then it comes true.
///
/// `upkeep` ends a membership that is cut short here; LINE is not told then, because the token for that is the
/// session's and nobody else can open it.
async fn go(app: &AppState, person: &Person) -> Result<(), Error> {
    let asked = app
        .store
        .note_leaving(&person.luid, app.clock.now())
        .await?;
    let marked = mark(app, &person.luid).await;
    if let Err(error @ Error::Users(UsersError::Refused(_))) = marked {
        // They hear that nothing changed, so nothing may change later on.
        app.store.call_off_leaving(&person.luid, asked).await?;
        return Err(error);
    }
    // No answer is no refusal: it may have taken effect. `upkeep` asks again until it has.
    let is_marked = marked.is_ok();
    put_off(marked);
    if !is_marked {
        // Another tab may have heard a refusal meanwhile, and called it off for both.
        let noted = app.store.note_leaving(&person.luid, app.clock.now()).await;
        put_off(noted.map(drop).map_err(Error::from));
    }
    let ended = app.store.end_sessions_of(&person.digest()).await;
    put_off(ended.map_err(Error::from));
    app.line.unlink(&person.access_token()).await;
    if is_marked {
        put_off(erase(app, &person.luid).await);
    }
    Ok(())
}

/// What failed on the way out is tried again, and is no reason to stay.
fn put_off(done: Result<(), Error>) {
    if let Err(error) = done {
        let error = service_kit::telemetry::chain(&error);
        tracing::warn!(%error, "leaving will be carried on with: {error}");
    }
}

/// Carries on for somebody who asked to leave and is not known to be erased, if there is such a wish.
pub(crate) async fn resume_leaving(app: &AppState, luid: &UserId) -> Result<(), Error> {
    match app.store.wish_to_leave(luid).await? {
        Some(Wish::Marked) => erase(app, luid).await,
        Some(Wish::Noted) => {
            mark(app, luid).await?;
            finish_leaving(app, luid).await
        }
        None => Ok(()),
    }
}

/// Erases somebody who is marked as leaving.
pub(crate) async fn finish_leaving(app: &AppState, luid: &UserId) -> Result<(), Error> {
    let person = Digest::of(luid.as_str());
    app.store.end_sessions_of(&person).await?;
    erase(app, luid).await
}

async fn mark(app: &AppState, luid: &UserId) -> Result<(), Error> {
    unless_gone(app.users.leave(luid.as_str(), None).await)?;
    Ok(app.store.confirm_leaving(luid, app.clock.now()).await?)
}

/// Whoever was erased before and registered anew since is not leaving, and stays.
async fn erase(app: &AppState, luid: &UserId) -> Result<(), Error> {
    unless_gone(app.users.erase_leaving(luid.as_str()).await)?;
    Ok(app.store.forget_leaving(luid).await?)
}

/// Who is not there need not go.
fn unless_gone(answer: Result<(), UsersError>) -> Result<(), UsersError> {
    match answer {
        Err(error) if error.is_no_such_member() => Ok(()),
        answer => answer,
    }
}
