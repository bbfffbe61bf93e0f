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
    view! {
        <Shell title>
            <div class="account">
                <ErrorSummary troubles />
                <h1>{say("membership.title")}</h1>
                {blocked}
                <div class="account-card">
                    <Card membership=membership.clone() />
                    <ToChat friendship=membership.friendship />
                    <Contents />
                </div>
                <div>
                    <ChangeForm membership=membership.clone() draft />
                    <HeldConsents membership />
                    <Download />
                    <SigningOut />
                    <Leaving />
                </div>
            </div>
        </Shell>
    }
}

/// The ways to the parts of a long page, where there is room beside it.
#[component]
fn Contents() -> impl IntoView {
    let ways = [
        ("details", "membership.details"),
        ("held", "held.title"),
        ("download", "download.title"),
        ("sign-out", "sign_out.title"),
        ("leaving", "leave.title"),
    ]
    .map(|(part, title)| view! { <li><a href=format!("#{part}-heading")>{say(title)}</a></li> });
    view! {
        <nav class="contents" aria-label=say("membership.contents")>
            <ul>{ways.collect_view()}</ul>
        </nav>
    }
    .into_any()
}

#[component]
fn ChangeForm(membership: Held, draft: Draft) -> impl IntoView {
    let offer = &Scene::current().site.offer;
    let asked = form::asked(&offer.consents, &membership.consents, &draft);
    let topics = form::asked_topics(&offer.topics, &membership.topics, &draft);
    let (name, language) = (membership.display_name, membership.language);
    view! {
        <form class="panel" method="post" action=UpdateForm::ACTION novalidate>
            <h2 id="details-heading">{say("membership.details")}</h2>
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

#[component]
fn SigningOut() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="sign-out-heading">
            <h2 id="sign-out-heading">{say("sign_out.title")}</h2>
            <p>{say("sign_out.text")}</p>
            <div class="side-by-side">
                <SignOut class="button plain wide" />
                <form method="post" action=UpdateForm::LOGOUT_ACTION>
                    <FormHead />
                    <input type="hidden" name=UpdateForm::EVERYWHERE value="true" />
                    <button class="button plain wide">{say("sign_out.everywhere")}</button>
                </form>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Leaving() -> impl IntoView {
    let leave = Page::Leave.path(Scene::current().language);
    view! {
        <section class="panel" aria-labelledby="leaving-heading">
            <h2 id="leaving-heading">{say("leave.title")}</h2>
            <p>{say("membership.leaving")}</p>
            <a class="button plain danger wide" href=leave>{say("membership.leave")}</a>
        </section>
    }
    .into_any()
}
