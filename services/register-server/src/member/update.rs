use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use member_session::{FieldError, Flash, FormKind, Language, Page, RegisterForm};
use users_client::{Member, UpdateMember, UsersError};

use super::sender::sender;
use super::{Fields, consent};
use crate::app::AppState;
use crate::error::Error;
use crate::see_other::SeeOther;
use crate::session::{SignedIn, Standing};

/// `POST /member/update`: changes what differs.
pub(crate) async fn update(
    State(app): State<AppState>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let language = fields.page_language();
    let signed_in = match sender(&app, &headers, &fields, Page::Membership).await {
        Ok(signed_in) => signed_in,
        Err(answer) => return answer,
    };
    match submit(&app, &signed_in, &fields).await {
        Ok(Outcome::Saved) => SeeOther::page(Page::Membership, language)
            .flash(Flash::Saved)
            .into(),
        Ok(Outcome::Refused) => SeeOther::page(Page::Membership, language).into(),
        Ok(Outcome::NotAMember) => SeeOther::page(Page::Register, language).into(),
        Ok(Outcome::Gone) => SeeOther::sign_in_first(language),
        Err(error) => SeeOther::try_again(Page::Membership, language, &error),
    }
}

enum Outcome {
    Saved,
    /// The form went back with errors.
    Refused,
    NotAMember,
    Gone,
}

async fn submit(app: &AppState, signed_in: &SignedIn, fields: &Fields) -> Result<Outcome, Error> {
    match save(app, signed_in, fields).await {
        Ok(outcome) => Ok(outcome),
        Err(error) => {
            let errors = match &error {
                Error::Users(UsersError::Refused(problem)) => fields.blamed(problem),
                _ => Vec::new(),
            };
            let is_refused = !errors.is_empty();
            keep(app, signed_in, fields, errors).await?;
            if is_refused {
                Ok(Outcome::Refused)
            } else {
                Err(error)
            }
        }
    }
}

async fn save(app: &AppState, signed_in: &SignedIn, fields: &Fields) -> Result<Outcome, Error> {
    let member = match signed_in.standing(app).await? {
        Standing::Member(member) => member,
        Standing::Stranger => return Ok(Outcome::NotAMember),
        Standing::Gone => return Ok(Outcome::Gone),
    };
    let (consents, mut errors) = consent::changed(fields, &app.offers, &member.consents);
    let chosen = fields.language();
    errors.extend(chosen.as_ref().err().cloned());
    let language = match chosen {
        Ok(language) if errors.is_empty() => language,
        _ => {
            keep(app, signed_in, fields, errors).await?;
            return Ok(Outcome::Refused);
        }
    };
    let luid = signed_in.person.luid.as_str();
    // Each is the same when repeated, so a form that got half-way may be sent again.
    if let Some(change) = change(&member, fields, language) {
        app.users.update(luid, &change).await?;
    }
    if !consents.is_empty() {
        app.users.give_consents(luid, &consents).await?;
    }
    Ok(Outcome::Saved)
}

/// What differs from what is held.
fn change(member: &Member, fields: &Fields, language: Language) -> Option<UpdateMember> {
    let change = UpdateMember {
        display_name: fields
            .get(RegisterForm::DISPLAY_NAME)
            .filter(|name| *name != member.display_name)
            .map(ToOwned::to_owned),
        language: (member.language.as_deref() != Some(language.tag()))
            .then(|| Some(language.tag().to_owned())),
        ..UpdateMember::default()
    };
    (change != UpdateMember::default()).then_some(change)
}

async fn keep(
    app: &AppState,
    signed_in: &SignedIn,
    fields: &Fields,
    errors: Vec<FieldError>,
) -> Result<(), Error> {
    let form = fields.refused(&app.offers, errors);
    signed_in.keep_form(app, FormKind::Update, &form).await
}
