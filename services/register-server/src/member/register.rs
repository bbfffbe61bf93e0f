use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use member_session::{ConsentOffer, FieldError, Flash, FormKind, Page, RegisterForm};
use users_client::{RegisterMember, UsersError};

use super::consent;
use super::fields::{Fields, wrong};
use super::sender::sender;
use crate::app::AppState;
use crate::error::Error;
use crate::see_other::SeeOther;
use crate::session::SignedIn;

/// `POST /member`: makes the visitor a member.
pub(crate) async fn register(
    State(app): State<AppState>,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let language = fields.page_language();
    let signed_in = match sender(&app, &headers, &fields, Page::Register).await {
        Ok(signed_in) => signed_in,
        Err(answer) => return answer,
    };
    match submit(&app, &signed_in, &fields).await {
        Ok(outcome) => outcome.answer(language),
        Err(error) => SeeOther::try_again(Page::Register, language, &error),
    }
}

enum Outcome {
    Registered,
    AlreadyMember,
    /// The form went back with errors.
    Refused,
    /// They left after they signed in here.
    SignedInTooEarly,
}

impl Outcome {
    fn answer(&self, language: member_session::Language) -> Response {
        match self {
            Self::Registered => SeeOther::page(Page::Welcome, language).into(),
            Self::AlreadyMember => SeeOther::page(Page::Membership, language)
                .flash(Flash::AlreadyMember)
                .into(),
            Self::Refused => SeeOther::page(Page::Register, language).into(),
            Self::SignedInTooEarly => SeeOther::sign_in_first(language),
        }
    }
}

async fn submit(app: &AppState, signed_in: &SignedIn, fields: &Fields) -> Result<Outcome, Error> {
    let errors = match candidate(signed_in, fields, &app.offer.consents) {
        Err(errors) => errors,
        Ok(candidate) => match app.users.register(&candidate).await {
            Ok(_) => return Ok(Outcome::Registered),
            Err(error) => match refusal(&error, fields) {
                Some(Refusal::AlreadyMember) => return Ok(Outcome::AlreadyMember),
                Some(Refusal::SignedInTooEarly) => {
                    signed_in.end(app).await?;
                    return Ok(Outcome::SignedInTooEarly);
                }
                Some(Refusal::Fields(errors)) => errors,
                None => {
                    let form = fields.refused(&app.offer, Vec::new());
                    signed_in.keep_form(app, FormKind::Register, &form).await?;
                    return Err(error.into());
                }
            },
        },
    };
    let form = fields.refused(&app.offer, errors);
    signed_in.keep_form(app, FormKind::Register, &form).await?;
    Ok(Outcome::Refused)
}

/// What api-users is sent. The rules for names are its own; that there is one is seen here, so that the visitor
/// hears of everything that is missing at once.
fn candidate(
    signed_in: &SignedIn,
    fields: &Fields,
    offers: &[ConsentOffer],
) -> Result<RegisterMember, Vec<FieldError>> {
    let mut errors = Vec::new();
    let display_name = fields.get(RegisterForm::DISPLAY_NAME).unwrap_or_default();
    if display_name.trim().is_empty() {
        let missing = member_session::FieldProblem::Missing;
        errors.push(wrong(RegisterForm::DISPLAY_NAME, missing));
    }
    let language = fields.language();
    errors.extend(language.as_ref().err().cloned());
    let (consents, wrong_consents) = consent::given(fields, offers);
    errors.extend(wrong_consents);
    match language {
        Ok(language) if errors.is_empty() => Ok(RegisterMember {
            luid: signed_in.person.luid.as_str().to_owned(),
            display_name: display_name.to_owned(),
            picture_url: signed_in.person.picture_url.clone(),
            language: Some(language.tag().to_owned()),
            consents,
            signed_in_at: Some(signed_in.since),
            ..RegisterMember::default()
        }),
        _ => Err(errors),
    }
}

enum Refusal {
    AlreadyMember,
    SignedInTooEarly,
    Fields(Vec<FieldError>),
}

fn refusal(error: &UsersError, fields: &Fields) -> Option<Refusal> {
    let UsersError::Refused(problem) = error else {
        return None;
    };
    match problem.kind.as_str() {
        "/problems/already-registered" => return Some(Refusal::AlreadyMember),
        "/problems/signed-in-before-leaving" | "/problems/leaving" => {
            return Some(Refusal::SignedInTooEarly);
        }
        _ => {}
    }
    let errors = fields.blamed(problem);
    (!errors.is_empty()).then_some(Refusal::Fields(errors))
}
