use leptos::prelude::*;
use member_session::{Form, RegisterForm, Visitor};

use super::consents::Consents;
use super::fields::{ErrorSummary, FormHead, LanguageField, NameField, NotYou};
use super::shell::Shell;
use crate::form::{self, Draft};
use crate::scene::Scene;
use crate::text::{fill, say};

/// The registration form.
#[component]
pub(crate) fn Register(visitor: Visitor, form: Option<Form>) -> impl IntoView {
    let draft = Draft::new(form);
    let troubles = draft.troubles();
    let title = say("register.title");
    let title = if troubles.is_empty() {
        title
    } else {
        fill("problem.title", &[("title", &title)])
    };
    let Scene { language, site, .. } = Scene::current();
    let asked = form::asked(&site.offer.consents, &[], &draft);
    view! {
        <Shell title>
            <div class="narrow">
                <ErrorSummary troubles />
                <h1>{say("register.title")}</h1>
                <p class="lead">{say("register.lead")}</p>
                <form class="panel" method="post" action=RegisterForm::ACTION novalidate>
                    <FormHead />
                    <NameField draft=draft.clone() otherwise=visitor.display_name.unwrap_or_default() />
                    <LanguageField draft=draft.clone() otherwise=language />
                    <Consents asked draft />
                    <button class="button wide">{say("register.submit")}</button>
                </form>
                <NotYou />
            </div>
        </Shell>
    }
}
