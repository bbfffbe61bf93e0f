use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use member_session::{FieldError, Flash, FormKind, Page, RegisterForm};
use users_client::{Member, UpdateMember, UsersError};

use super::sender::sender;
use super::{Fields, consent, wishes};
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
    let (consents, wrong_consents) =
        consent::changed(fields, &app.offer.consents, &member.consents);
    let change = match (change(&member, fields), wrong_consents) {
        (Ok(change), wrong_consents) if wrong_consents.is_empty() => change,
        (change, wrong_consents) => {
            let mut errors = change.err().unwrap_or_default();
            errors.extend(wrong_consents);
            keep(app, signed_in, fields, errors).await?;
            return Ok(Outcome::Refused);
        }
    };
    let luid = signed_in.person.luid.as_str();
    // Each is the same when repeated, so a form that got half-way may be sent again.
    if change != UpdateMember::default() {
        app.users.update(luid, &change).await?;
    }
    for (topic, subscribed) in wishes::topics(fields, &app.offer.topics, &member) {
        app.users.set_topic(luid, topic, subscribed).await?;
    }
    if !consents.is_empty() {
        app.users.give_consents(luid, &consents).await?;
    }
    Ok(Outcome::Saved)
}

/// What differs from what is held.
fn change(member: &Member, fields: &Fields) -> Result<UpdateMember, Vec<FieldError>> {
    let (language, quiet_hours) = match (fields.language(), wishes::quiet_hours(fields)) {
        (Ok(language), Ok(quiet_hours)) => (language, quiet_hours),
        (language, quiet_hours) => {
            let errors = [language.err(), quiet_hours.err()];
            return Err(errors.into_iter().flatten().collect());
        }
    };
    Ok(UpdateMember {
        display_name: fields
            .get(RegisterForm::DISPLAY_NAME)
            .filter(|name| *name != member.display_name)
            .map(ToOwned::to_owned),
        language: (member.language.as_deref() != Some(language.tag()))
            .then(|| Some(language.tag().to_owned())),
        time_zone: wishes::time_zone(fields).filter(|zone| *zone != member.time_zone),
        quiet_hours: quiet_hours.filter(|hours| *hours != member.quiet_hours),
        ..UpdateMember::default()
    })
}

async fn keep(
    app: &AppState,
    signed_in: &SignedIn,
    fields: &Fields,
    errors: Vec<FieldError>,
) -> Result<(), Error> {
    let form = fields.refused(&app.offer, errors);
    signed_in.keep_form(app, FormKind::Update, &form).await
}
