use leptos::prelude::*;
use member_session::{ConsentOffer, Form, Friendship, Membership as Held, Page, UpdateForm};

use super::card::Card;
use super::fields::{Consents, ErrorSummary, FormHead, LanguageField, NameField, SignOut};
use super::journey::ToChat;
use super::shell::Shell;
use crate::form::{self, Draft};
use crate::scene::Scene;
use crate::text::{fill, say};

/// My membership: what is held, and the form to change it.
#[component]
pub(crate) fn Membership(
    membership: Held,
    offers: Vec<ConsentOffer>,
    form: Option<Form>,
) -> impl IntoView {
    let draft = Draft::new(form);
    let troubles = draft.troubles();
    let title = say("membership.title");
    let title = if troubles.is_empty() {
        title
    } else {
        fill("problem.title", &[("title", &title)])
    };
    let asked = form::asked(offers, &membership.consents, &draft);
    let blocked = (membership.friendship == Friendship::Blocked)
        .then(|| view! { <p class="notice">{say("membership.blocked")}</p> });
    let (name, chosen) = (membership.display_name.clone(), membership.language);
    let language = Scene::current().language;
    view! {
        <Shell title>
            <div class="narrow">
                <ErrorSummary troubles />
                <h1>{say("membership.title")}</h1>
                {blocked}
                <Card membership />
                <ToChat />
                <form class="panel" method="post" action=UpdateForm::ACTION novalidate>
                    <h2>{say("membership.details")}</h2>
                    <FormHead />
                    <NameField draft=draft.clone() otherwise=name />
                    <LanguageField draft=draft.clone() otherwise=chosen />
                    <Consents asked draft />
                    <button class="button wide">{say("membership.save")}</button>
                </form>
                <section class="ways-out">
                    <SignOut />
                    <a class="quiet danger" href=Page::Leave.path(language)>{say("membership.leave")}</a>
                </section>
            </div>
        </Shell>
    }
}
