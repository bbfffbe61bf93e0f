//! The parts that forms are made of.

use leptos::prelude::*;
use member_session::{Language, RegisterForm, UpdateForm};

use super::shell::own_name;
use crate::form::{Draft, Trouble};
use crate::scene::Scene;
use crate::text::{fill, say, words};

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
                aria-describedby=described_by(trouble.as_ref(), "display_name-hint")
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
                aria-describedby=described_by(trouble.as_ref(), "language-hint")
            >
                {options}
            </select>
        </div>
    }
}

/// What is wrong with a field, at the field.
#[component]
pub(super) fn Complaint(trouble: Option<Trouble>) -> impl IntoView {
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
pub(super) fn SignOut(#[prop(default = "quiet")] class: &'static str) -> impl IntoView {
    view! {
        <form method="post" action=UpdateForm::LOGOUT_ACTION>
            <PageLanguage />
            <button class=class>{say("field.sign_out")}</button>
        </form>
    }
}

/// For whoever sees that somebody else is signed in.
#[component]
pub(super) fn NotYou() -> impl IntoView {
    view! {
        <div class="aside">
            <p>{say("register.not_you")}</p>
            <SignOut />
        </div>
    }
}

/// The ID of what is said of a field that is wrong.
fn complaint_id(field: &str) -> String {
    format!("{field}-problem")
}

fn told(trouble: &Trouble) -> String {
    let site = Scene::current().site;
    let label = trouble
        .field
        .strip_prefix("consent.")
        .and_then(|purpose| site.offer.consent(purpose))
        .map(|offer| words(&offer.label))
        .unwrap_or_default();
    fill(trouble.key, &[("label", &label)])
}

/// What describes a field: what is wrong with it, if anything is, and its hint.
pub(super) fn described_by(trouble: Option<&Trouble>, hint_id: &str) -> String {
    match trouble {
        Some(trouble) => format!("{} {hint_id}", complaint_id(&trouble.field)),
        None => hint_id.to_owned(),
    }
}
