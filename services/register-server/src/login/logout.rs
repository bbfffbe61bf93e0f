use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use member_session::{Flash, Page, UpdateForm};

use crate::app::AppState;
use crate::error::Error;
use crate::member::Fields;
use crate::see_other::SeeOther;
use crate::session::{self, SignedIn};

/// `POST /auth/logout`: ends the session here, or all of this person's, then the token at LINE.
pub(crate) async fn logout(
    State(app): State<AppState>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let language = fields.page_language();
    let ended = async {
        let Some(signed_in) = session::find(&app, &headers).await? else {
            return Ok(());
        };
        if wants_all(&fields, &signed_in)? {
            let person = signed_in.person.digest();
            app.store.end_sessions_of(&person).await?;
        }
        signed_in.end(&app).await?;
        app.line.revoke(&signed_in.person.access_token()).await;
        Ok(())
    };
    match ended.await {
        Ok(()) => SeeOther::page(Page::Home, language)
            .flash(Flash::SignedOut)
            .signed_out()
            .into(),
        Err(error) => SeeOther::try_again(Page::Home, language, &error),
    }
}

/// Only a form of their own signs somebody out elsewhere; one that was drawn for somebody else ends what it is posted in.
fn wants_all(fields: &Fields, signed_in: &SignedIn) -> Result<bool, Error> {
    let asked = fields.get(UpdateForm::EVERYWHERE) == Some("true");
    let form_token = fields.get(UpdateForm::FORM_TOKEN).unwrap_or_default();
    Ok(asked && signed_in.drew(form_token)?)
}
