use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use member_session::{Flash, Page, UpdateForm};

use super::sender::sender;
use super::{Fields, consent};
use crate::app::AppState;
use crate::error::Error;
use crate::see_other::SeeOther;
use crate::session::{SignedIn, Standing};

/// `POST /member/withdraw`: takes one consent back, whatever its version and whether or not it is still asked for.
pub(crate) async fn withdraw(
    State(app): State<AppState>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let language = fields.page_language();
    let signed_in = match sender(&app, &headers, &fields, Page::Membership).await {
        Ok(signed_in) => signed_in,
        Err(answer) => return answer,
    };
    match take_back(&app, &signed_in, &fields).await {
        Ok(None) => SeeOther::page(Page::Membership, language)
            .flash(Flash::Saved)
            .into(),
        Ok(Some(answer)) => answer,
        Err(error) => SeeOther::try_again(Page::Membership, language, &error),
    }
}

/// Twice is as once: what is not held is not there to be taken back.
async fn take_back(
    app: &AppState,
    signed_in: &SignedIn,
    fields: &Fields,
) -> Result<Option<Response>, Error> {
    let language = fields.page_language();
    let member = match signed_in.standing(app).await? {
        Standing::Member(member) => member,
        Standing::Stranger => return Ok(Some(SeeOther::page(Page::Register, language).into())),
        Standing::Gone => return Ok(Some(SeeOther::sign_in_first(language))),
    };
    let purpose = fields.get(UpdateForm::PURPOSE).unwrap_or_default();
    let taken_back = consent::taken_back(fields, purpose, &app.offer.consents, &member.consents);
    if let Some(consent) = taken_back {
        let luid = signed_in.person.luid.as_str();
        app.users.give_consents(luid, &[consent]).await?;
    }
    Ok(None)
}
