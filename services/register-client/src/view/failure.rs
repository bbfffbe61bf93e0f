//! Pages that say what went wrong and what to do next.

use leptos::prelude::*;
use member_session::{Page, SignInFailure};

use super::emblem::{self, Emblem};
use super::home::SignIn;
use super::shell::Shell;
use crate::scene::Scene;
use crate::text::say;

/// A sign-in that did not work out.
#[component]
pub(crate) fn SignInFailed(failure: SignInFailure) -> impl IntoView {
    let slug = failure.slug().replace('-', "_");
    let again = match failure {
        SignInFailure::Cancelled | SignInFailure::Refused => view! { <SignIn /> },
        SignInFailure::Expired => view! { <SignIn without_auto_login=true /> },
        SignInFailure::TooMany | SignInFailure::Unavailable => view! { <SignIn /> },
    };
    view! {
        <Failure name=format!("sign_in_failed.{slug}")>{again}</Failure>
    }
}

/// 404: there is no such page.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! { <Failure name="not_found".into() /> }
}

/// 405: the page was sent something, and takes nothing.
#[component]
pub(crate) fn WrongMethod() -> impl IntoView {
    view! { <Failure name="wrong_method".into() /> }
}

/// 503: it is not known who the visitor is.
#[component]
pub(crate) fn Unavailable() -> impl IntoView {
    view! { <AskAgain name="unavailable" /> }
}

/// 429: too much was asked for.
#[component]
pub(crate) fn TooMany() -> impl IntoView {
    view! { <AskAgain name="too_many" /> }
}

/// What may be tried again in a moment, with a button for that.
#[component]
fn AskAgain(name: &'static str) -> impl IntoView {
    let scene = Scene::current();
    let here = format!("/{}{}", scene.language.tag(), scene.place);
    view! {
        <Failure name=name.into()>
            <a class="button" href=here>{say("unavailable.again")}</a>
        </Failure>
    }
}

/// A heading, what happened, what to do; and the way home.
#[component]
fn Failure(name: String, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let home = Page::Home.path(Scene::current().language);
    let home_class = match children {
        Some(_) => "button plain",
        None => "button",
    };
    view! {
        <Shell title=say(&format!("{name}.title"))>
            <div class="narrow">
                <Emblem picture=emblem::TROUBLE />
                <h1>{say(&format!("{name}.title"))}</h1>
                <p class="lead">{say(&format!("{name}.text"))}</p>
                <p class="actions">
                    {children.map(|children| children())}
                    <a class=home_class href=home>{say("shell.home")}</a>
                </p>
            </div>
        </Shell>
    }
}
