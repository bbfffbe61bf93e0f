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
            // Nobody knows any more whose other sessions there would be to end.
            return Ok(if asks_for_all(&fields) {
                Flash::SignInFirst
            } else {
                Flash::SignedOut
            });
        };
        let everywhere = asks_for_all(&fields) && is_their_own(&fields, &signed_in)?;
        if everywhere {
            let person = signed_in.person.digest();
            app.store.end_sessions_of(&person).await?;
        }
        signed_in.end(&app).await?;
        app.line.revoke(&signed_in.person.access_token()).await;
        Ok(if everywhere {
            Flash::SignedOutEverywhere
        } else {
            Flash::SignedOut
        })
    };
    match ended.await {
        Ok(news) => SeeOther::page(Page::Home, language)
            .flash(news)
            .signed_out()
            .into(),
        Err(error) => SeeOther::try_again(Page::Home, language, &error),
    }
}

fn asks_for_all(fields: &Fields) -> bool {
    fields.get(UpdateForm::EVERYWHERE) == Some("true")
}

/// Only a form of their own signs somebody out elsewhere; one that was drawn for somebody else ends what it is posted in.
fn is_their_own(fields: &Fields, signed_in: &SignedIn) -> Result<bool, Error> {
    let form_token = fields.get(UpdateForm::FORM_TOKEN).unwrap_or_default();
    signed_in.drew(form_token)
}
