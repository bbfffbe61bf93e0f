use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, header};
use member_session::{Flash, Page};
use users_client::PersonExport;

use super::Fields;
use super::sender::sender;
use crate::app::AppState;
use crate::error::Error;
use crate::see_other::SeeOther;
use crate::session::{SignedIn, Standing};

/// Whoever finds a phone unlocked shall not take everything along: the sign-in must not be longer ago.
const FRESH: Duration = Duration::from_mins(15);

/// `POST /member/download`: everything that the members' API holds about them, as a file.
pub(crate) async fn download(
    State(app): State<AppState>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let language = fields.page_language();
    let signed_in = match sender(&app, &headers, &fields, Page::Membership).await {
        Ok(signed_in) => signed_in,
        Err(answer) => return answer,
    };
    if app.clock.now().since(signed_in.since) > FRESH {
        return SeeOther::page(Page::Membership, language)
            .flash(Flash::SignInAgain)
            .into();
    }
    match export(&app, &signed_in).await {
        Ok(Held::Export(export)) => file(&export),
        Ok(Held::NotAMember) => SeeOther::page(Page::Register, language).into(),
        Ok(Held::Gone) => SeeOther::sign_in_first(language),
        Err(error) => SeeOther::try_again(Page::Membership, language, &error),
    }
}

enum Held {
    Export(Box<PersonExport>),
    NotAMember,
    Gone,
}

async fn export(app: &AppState, signed_in: &SignedIn) -> Result<Held, Error> {
    match signed_in.standing(app).await? {
        Standing::Member(_) => {}
        Standing::Stranger => return Ok(Held::NotAMember),
        Standing::Gone => return Ok(Held::Gone),
    }
    let export = app.users.export(signed_in.person.luid.as_str()).await?;
    Ok(export.map_or(Held::Gone, |export| Held::Export(Box::new(export))))
}

/// A file to keep; what no page shows is not shown in place of one.
fn file(export: &PersonExport) -> Response {
    match serde_json::to_vec_pretty(export) {
        Ok(body) => {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (
                    header::CONTENT_DISPOSITION,
                    "attachment; filename=\"my-membership.json\"",
                ),
            ];
            (headers, body).into_response()
        }
        Err(_) => problem::Problem::internal().into_response(),
    }
}
