use std::collections::BTreeMap;
use std::fmt;

use axum::Form as FormBody;
use axum::extract::{FromRequest, Request};
use member_session::{
    FieldError, FieldProblem, Form, Language, Offer, RegisterForm, UpdateForm, consent_field,
    shown_field, topic_field,
};
use problem::Problem;

/// So many characters of a refused value go back, enough to see what is wrong with it: a session's document has a
/// limit, too.
const KEPT: usize = 200;
/// The fields that are no boxes.
const TYPED: [&str; 5] = [
    RegisterForm::DISPLAY_NAME,
    RegisterForm::LANGUAGE,
    UpdateForm::TIME_ZONE,
    UpdateForm::QUIET_FROM,
    UpdateForm::QUIET_UNTIL,
];

/// The fields of a posted form. Of a name that comes twice the first counts; unknown names are left alone.
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// What was typed into, or sent along as, `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The language of the page that the form was on.
    pub(crate) fn page_language(&self) -> Language {
        self.get(UpdateForm::PAGE_LANGUAGE)
            .and_then(Language::from_tag)
            .unwrap_or_default()
    }

    /// The language that was chosen, if it is one of ours.
    pub(crate) fn language(&self) -> Result<Language, FieldError> {
        let chosen = self.get(RegisterForm::LANGUAGE).unwrap_or_default();
        Language::from_tag(chosen).ok_or_else(|| {
            let problem = if chosen.is_empty() {
                FieldProblem::Missing
            } else {
                FieldProblem::Invalid
            };
            wrong(RegisterForm::LANGUAGE, problem)
        })
    }

    /// The form as it goes back to the visitor.
    pub(crate) fn refused(&self, offer: &Offer, errors: Vec<FieldError>) -> Form {
        let consents = offer
            .consents
            .iter()
            .flat_map(|offer| [consent_field(&offer.purpose), shown_field(&offer.purpose)]);
        let topics = offer.topics.iter().flat_map(|offer| {
            let field = topic_field(&offer.name);
            [shown_field(&field), field]
        });
        let values = TYPED
            .map(str::to_owned)
            .into_iter()
            .chain(consents)
            .chain(topics)
            .filter_map(|name| {
                let value = self.get(&name)?.chars().take(KEPT).collect();
                Some((name, value))
            })
            .collect();
        Form { values, errors }
    }

    /// What api-users found wrong (`422`), as problems of these fields. None if it is not the visitor's to mend.
    pub(crate) fn blamed(&self, problem: &Problem) -> Vec<FieldError> {
        problem
            .errors
            .iter()
            .filter_map(|error| match error.pointer.as_str() {
                "/display_name" => Some(wrong(RegisterForm::DISPLAY_NAME, self.name_problem())),
                "/language" => Some(wrong(RegisterForm::LANGUAGE, FieldProblem::Invalid)),
                "/time_zone" => Some(wrong(UpdateForm::TIME_ZONE, FieldProblem::Invalid)),
                "/quiet_hours" => Some(wrong(UpdateForm::QUIET_UNTIL, FieldProblem::Invalid)),
                _ => None,
            })
            .collect()
    }

    /// Why api-users would not have this name.
    fn name_problem(&self) -> FieldProblem {
        let name = self.get(RegisterForm::DISPLAY_NAME).unwrap_or_default();
        if name.trim().is_empty() {
            FieldProblem::Missing
        } else if name.chars().count() > 50 {
            FieldProblem::TooLong
        } else {
            FieldProblem::Invalid
        }
    }
}

/// Something is wrong with the field called `name`.
pub(super) fn wrong(name: impl Into<String>, problem: FieldProblem) -> FieldError {
    FieldError {
        field: name.into(),
        problem,
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let FormBody(pairs) = FormBody::<Vec<(String, String)>>::from_request(request, state)
            .await
            .map_err(|rejection| Problem::status(rejection.status()))?;
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            fields.entry(name).or_insert(value);
        }
        Ok(Self(fields))
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fields(…)")
    }
}
