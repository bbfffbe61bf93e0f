use axum::response::Response;
use http::HeaderMap;
use member_session::{Flash, Page, UpdateForm};

use super::Fields;
use crate::app::AppState;
use crate::error::Error;
use crate::see_other::SeeOther;
use crate::session::{self, SignedIn};

/// Who sent the form: the person it was drawn for. Nobody else's form is acted on; the answer sends them to `page`,
/// drawn anew, or by way of signing in.
pub(super) async fn sender(
    app: &AppState,
    headers: &HeaderMap,
    fields: &Fields,
    page: Page,
) -> Result<SignedIn, Response> {
    let language = fields.page_language();
    let found = async {
        let Some(signed_in) = session::find(app, headers).await? else {
            return Ok(None);
        };
        let form_token = fields.get(UpdateForm::FORM_TOKEN).unwrap_or_default();
        let is_theirs = signed_in.drew(form_token)?;
        Ok::<_, Error>(Some((signed_in, is_theirs)))
    };
    match found.await {
        Ok(Some((signed_in, true))) => Ok(signed_in),
        Ok(Some((_, false))) => Err(SeeOther::page(page, language)
            .flash(Flash::OtherVisitor)
            .into()),
        Ok(None) => Err(SeeOther::page(page, language)
            .flash(Flash::SignInFirst)
            .signed_out()
            .into()),
        Err(error) => Err(SeeOther::try_again(page, language, &error)),
    }
}
