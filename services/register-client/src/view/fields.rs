//! The parts that forms are made of.

use leptos::either::Either;
use leptos::prelude::*;
use member_session::{Language, RegisterForm, UpdateForm, consent_field, shown_field};

use super::card::since;
use super::shell::own_name;
use crate::form::{Asked, Draft, Trouble};
use crate::scene::Scene;
use crate::text::{exists, fill, say};

/// What is wrong with the form, at its top and with the focus; each line leads to its field.
#[component]
pub(super) fn ErrorSummary(troubles: Vec<Trouble>) -> impl IntoView {
    (!troubles.is_empty()).then(|| {
        let lines = troubles
            .into_iter()
            .map(|trouble| {
                view! {
                    <li>
                        <a href=format!("#{}", trouble.field)>{told(&trouble)}</a>
                    </li>
                }
            })
            .collect_view();
        view! {
            <div class="errors" role="alert" tabindex="-1" autofocus aria-labelledby="errors-heading">
                <h2 id="errors-heading">{say("problem.heading")}</h2>
                <ul>{lines}</ul>
            </div>
        }
    })
}

/// The name to go by.
#[component]
pub(super) fn NameField(draft: Draft, otherwise: String) -> impl IntoView {
    let field = RegisterForm::DISPLAY_NAME;
    let trouble = draft.trouble(field);
    view! {
        <div class="field">
            <label for=field>{say("field.name")}</label>
            <p class="hint" id="display_name-hint">{say("field.name_hint")}</p>
            <Complaint trouble=trouble.clone() />
            <input
                type="text"
                id=field
                name=field
                value=draft.value(field, &otherwise)
                autocomplete="nickname"
                required
                aria-invalid=trouble.as_ref().map(|_| "true")
                aria-describedby=match &trouble {
                    Some(trouble) => format!("{} display_name-hint", complaint_id(&trouble.field)),
                    None => "display_name-hint".to_owned(),
                }
            />
        </div>
    }
}

/// The language, chosen from ours.
#[component]
pub(super) fn LanguageField(draft: Draft, otherwise: Language) -> impl IntoView {
    let field = RegisterForm::LANGUAGE;
    let trouble = draft.trouble(field);
    let chosen = Language::from_tag(&draft.value(field, otherwise.tag())).unwrap_or(otherwise);
    let options = Language::ALL
        .into_iter()
        .map(|language| {
            view! {
                <option value=language.tag() lang=language.tag() selected=language == chosen>
                    {own_name(language)}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=field>{say("field.language")}</label>
            <p class="hint" id="language-hint">{say("field.language_hint")}</p>
            <Complaint trouble=trouble.clone() />
            <select
                id=field
                name=field
                aria-invalid=trouble.as_ref().map(|_| "true")
                aria-describedby=match &trouble {
                    Some(trouble) => format!("{} language-hint", complaint_id(&trouble.field)),
                    None => "language-hint".to_owned(),
                }
            >
                {options}
            </select>
        </div>
    }
}

/// One box per purpose; what was agreed to and cannot be taken back alone is told instead.
#[component]
pub(super) fn Consents(asked: Vec<Asked>, draft: Draft) -> impl IntoView {
    let boxes = asked
        .into_iter()
        .filter(has_words)
        .map(|asked| view! { <ConsentBox trouble=draft.trouble(&consent_field(&asked.purpose)) asked /> })
        .collect_view();
    view! {
        <fieldset>
            <legend>{say("field.consents")}</legend>
            {boxes}
        </fieldset>
    }
}

/// Nobody can agree to what is not said.
fn has_words(asked: &Asked) -> bool {
    let has_words = exists(&format!("consent.{}.label", asked.purpose));
    if !has_words {
        tracing::warn!(
            purpose = asked.purpose,
            "a consent without words is not asked for"
        );
    }
    has_words
}

#[component]
fn ConsentBox(asked: Asked, trouble: Option<Trouble>) -> impl IntoView {
    let field = consent_field(&asked.purpose);
    let purpose = asked.purpose;
    let label = say(&format!("consent.{purpose}.label"));
    let detail = say(&format!("consent.{purpose}.detail"));
    let language = Scene::current().language.tag();
    let text_link = (purpose == "terms").then(|| {
        view! {
            " "
            <a href=format!("/{language}/terms") target="_blank">{say("consent.read_terms")}</a>
        }
    });
    if let Some(agreed_at) = asked.settled {
        return Either::Left(view! {
            <div class="settled">
                <input type="hidden" name=field value=asked.version />
                <p><strong>{label}</strong></p>
                <p class="hint">{since("consent.since", agreed_at)} {text_link}</p>
            </div>
        });
    }
    let hint_id = format!("{field}-hint");
    let described_by = match &trouble {
        Some(trouble) => format!("{} {hint_id}", complaint_id(&trouble.field)),
        None => hint_id.clone(),
    };
    let weight = if asked.required {
        "field.required"
    } else {
        "field.optional"
    };
    let shown = asked.shown_ticked.then(|| {
        view! { <input type="hidden" name=shown_field(&purpose) value=asked.version.clone() /> }
    });
    Either::Right(view! {
        <div class="consent">
            {shown}
            <Complaint trouble=trouble.clone() />
            <div class="choice">
                <input
                    type="checkbox"
                    id=field.clone()
                    name=field.clone()
                    value=asked.version
                    checked=asked.ticked
                    required=asked.required
                    aria-invalid=trouble.as_ref().map(|_| "true")
                    aria-describedby=described_by
                />
                <label for=field>{label} " " <span class="weight">{say(weight)}</span></label>
            </div>
            <p class="hint" id=hint_id>{detail} {text_link}</p>
        </div>
    })
}

#[component]
fn Complaint(trouble: Option<Trouble>) -> impl IntoView {
    trouble.map(|trouble| {
        view! { <p class="complaint" id=complaint_id(&trouble.field)>{told(&trouble)}</p> }
    })
}

/// Tells register-server which language to answer in.
#[component]
fn PageLanguage() -> impl IntoView {
    view! { <input type="hidden" name=UpdateForm::PAGE_LANGUAGE value=Scene::current().language.tag() /> }
}

/// What every form begins with that changes a membership: the language to answer in, and whom it was drawn for.
#[component]
pub(super) fn FormHead() -> impl IntoView {
    view! {
        <PageLanguage />
        <input type="hidden" name=UpdateForm::FORM_TOKEN value=Scene::current().form_token />
    }
}

/// Ends the session on this browser, whoever's it is: signing out must not fail.
#[component]
pub(super) fn SignOut() -> impl IntoView {
    view! {
        <form method="post" action=UpdateForm::LOGOUT_ACTION>
            <PageLanguage />
            <button class="quiet">{say("field.sign_out")}</button>
        </form>
    }
}

fn complaint_id(field: &str) -> String {
    format!("{field}-problem")
}

fn told(trouble: &Trouble) -> String {
    let label = trouble
        .field
        .strip_prefix("consent.")
        .map(|purpose| say(&format!("consent.{purpose}.label")))
        .unwrap_or_default();
    fill(trouble.key, &[("label", &label)])
}
