use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use member_session::{Flash, Page};

use crate::app::AppState;
use crate::member::Fields;
use crate::see_other::SeeOther;
use crate::session;

/// `POST /auth/logout`: ends the session here, then the token at LINE.
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
