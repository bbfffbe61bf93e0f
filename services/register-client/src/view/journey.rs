//! The pages before and after: welcome, leave, goodbye.

use leptos::prelude::*;
use member_session::{Flash, Friendship, Membership, Page, UpdateForm};

use super::card::Card;
use super::emblem::{self, Emblem};
use super::fields::FormHead;
use super::shell::Shell;
use crate::scene::Scene;
use crate::text::{fill, say};

/// Right after registering.
#[component]
pub(crate) fn Welcome(membership: Membership) -> impl IntoView {
    let friendship = membership.friendship;
    let heading = fill("welcome.heading", &[("name", &membership.display_name)]);
    let next = match friendship {
        Friendship::Following => "welcome.back_to_chat",
        Friendship::Blocked => "welcome.unblock",
        Friendship::Unknown => "welcome.add_friend",
    };
    let language = Scene::current().language;
    view! {
        <Shell title=say("welcome.title")>
            <div class="narrow">
                <h1>{heading}</h1>
                <p class="lead">{say("welcome.lead")}</p>
                <Card membership />
                <p>{say(next)}</p>
                <ToChat friendship />
                <p class="actions">
                    <a class="button plain" href=Page::Membership.path(language)>{say("welcome.change")}</a>
                </p>
            </div>
        </Shell>
    }
}

/// The way to the chat, where the brand says where that is. For who is not known to be a friend, the link adds one.
#[component]
pub(super) fn ToChat(friendship: Friendship) -> impl IntoView {
    let text = match friendship {
        Friendship::Following | Friendship::Blocked => "welcome.open_chat",
        Friendship::Unknown => "welcome.add",
    };
    Scene::current().site.brand.chat_link.as_ref().map(|link| {
        view! {
            <p class="actions">
                <a class="button" href=link.to_string()>{say(text)}</a>
            </p>
        }
    })
}

/// Asks before leaving, and says what happens.
#[component]
pub(crate) fn Leave() -> impl IntoView {
    let Scene {
        language, notices, ..
    } = Scene::current();
    let was_asked = notices.contains(&Flash::SignInToLeave);
    let confirm = if was_asked {
        "leave.confirm_all_the_same"
    } else {
        "leave.confirm"
    };
    // Whoever leaves without signing in leaves LINE untold: the notice above says so.
    let happens = [
        "stranger",
        "erased",
        "linked",
        "notified",
        "fingerprint",
        "friend",
        "again",
    ]
    .into_iter()
    .filter(move |fact| !was_asked || *fact != "notified")
    .map(|fact| view! { <li>{say(&format!("leave.{fact}"))}</li> });
    view! {
        <Shell title=say("leave.title")>
            <div class="narrow">
                <h1>{say("leave.heading")}</h1>
                <p class="lead">{say("leave.lead")}</p>
                <ul class="facts">{happens.collect_view()}</ul>
                <form method="post" action=UpdateForm::LEAVE_ACTION>
                    <FormHead />
                    {was_asked.then(|| view! { <input type="hidden" name=UpdateForm::ALL_THE_SAME value="true" /> })}
                    <button class="button wide danger">{say(confirm)}</button>
                </form>
                <p class="actions">
                    <a class="button plain wide" href=Page::Membership.path(language)>{say("leave.stay")}</a>
                </p>
            </div>
        </Shell>
    }
}

/// Right after leaving.
#[component]
pub(crate) fn Goodbye() -> impl IntoView {
    let language = Scene::current().language;
    view! {
        <Shell title=say("goodbye.title")>
            <div class="narrow">
                <Emblem picture=emblem::WAY_OUT />
                <h1>{say("goodbye.title")}</h1>
                <p class="lead">{say("goodbye.lead")}</p>
                <p>{say("goodbye.again")}</p>
                <p class="actions">
                    <a class="button plain" href=Page::Home.path(language)>{say("shell.home")}</a>
                </p>
            </div>
        </Shell>
    }
}
