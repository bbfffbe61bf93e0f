use leptos::prelude::*;
use member_session::{Form, Friendship, Membership as Held, Page, UpdateForm};

use super::card::Card;
use super::consents::{Consents, HeldConsents};
use super::fields::{ErrorSummary, FormHead, LanguageField, NameField, SignOut};
use super::journey::ToChat;
use super::shell::Shell;
use super::wishes::{QuietHoursFields, Topics, ZoneField};
use crate::form::{self, Draft};
use crate::scene::Scene;
use crate::text::{fill, say};

/// My membership: what is held, and the form to change it.
#[component]
pub(crate) fn Membership(membership: Held, form: Option<Form>) -> impl IntoView {
    let draft = Draft::new(form);
    let troubles = draft.troubles();
    let title = say("membership.title");
    let title = if troubles.is_empty() {
        title
    } else {
        fill("problem.title", &[("title", &title)])
    };
    let blocked = (membership.friendship == Friendship::Blocked)
        .then(|| view! { <p class="notice">{say("membership.blocked")}</p> });
    let language = Scene::current().language;
    view! {
        <Shell title>
            <div class="narrow">
                <ErrorSummary troubles />
                <h1>{say("membership.title")}</h1>
                {blocked}
                <Card membership=membership.clone() />
                <ToChat friendship=membership.friendship />
                <ChangeForm membership=membership.clone() draft />
                <HeldConsents membership />
                <Download />
                <section class="ways-out">
                    <SignOut />
                    <a class="quiet danger" href=Page::Leave.path(language)>{say("membership.leave")}</a>
                </section>
            </div>
        </Shell>
    }
}

#[component]
fn ChangeForm(membership: Held, draft: Draft) -> impl IntoView {
    let offer = &Scene::current().site.offer;
    let asked = form::asked(&offer.consents, &membership.consents, &draft);
    let topics = form::asked_topics(&offer.topics, &membership.topics, &draft);
    let (name, language) = (membership.display_name, membership.language);
    view! {
        <form class="panel" method="post" action=UpdateForm::ACTION novalidate>
            <h2>{say("membership.details")}</h2>
            <FormHead />
            <NameField draft=draft.clone() otherwise=name />
            <LanguageField draft=draft.clone() otherwise=language />
            <ZoneField draft=draft.clone() held=membership.time_zone />
            <QuietHoursFields draft=draft.clone() held=membership.quiet_hours />
            <Topics asked=topics />
            <Consents asked draft />
            <button class="button wide">{say("membership.save")}</button>
        </form>
    }
    .into_any()
}

#[component]
fn Download() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="download-heading">
            <h2 id="download-heading">{say("download.title")}</h2>
            <p>{say("download.text")}</p>
            <form method="post" action=UpdateForm::DOWNLOAD_ACTION>
                <FormHead />
                <button class="button plain wide">{say("download.button")}</button>
            </form>
        </section>
    }
    .into_any()
}
