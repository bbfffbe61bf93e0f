use leptos::either::EitherOf3;
use leptos::prelude::*;
use member_session::{Page, Session, login_path, login_path_to};

use super::card::{Card, SampleCard};
use super::emblem::{self, Emblem};
use super::fields::NotYou;
use super::shell::Shell;
use crate::scene::Scene;
use crate::text::{fill, say};

/// What membership is, and the way in.
#[component]
pub(crate) fn Home(session: Session) -> impl IntoView {
    let language = Scene::current().language;
    let is_member = session.membership.is_some();
    let way_in = match (session.membership, session.visitor) {
        (Some(membership), _) => EitherOf3::A(view! {
            <div class="stage">
                <div>
                    <h1>{fill("home.welcome_back", &[("name", &membership.display_name)])}</h1>
                    <p class="lead">{say("home.member_lead")}</p>
                    <p class="actions">
                        <a class="button" href=Page::Membership.path(language)>{say("membership.title")}</a>
                    </p>
                </div>
                <Card membership />
            </div>
        }),
        (None, Some(_)) => EitherOf3::B(view! {
            <div class="stage">
                <div>
                    <h1>{say("home.heading")}</h1>
                    <p class="lead">{say("home.visitor_lead")}</p>
                    <p class="actions">
                        <a class="button" href=Page::Register.path(language)>{say("home.finish")}</a>
                    </p>
                    <NotYou />
                </div>
                <SampleCard />
            </div>
        }),
        (None, None) => EitherOf3::C(view! {
            <div class="stage">
                <div>
                    <h1>{say("home.heading")}</h1>
                    <p class="lead">{say("home.lead")}</p>
                    <p class="actions">
                        <SignIn />
                    </p>
                    <p class="small">{say("home.line_tells")}</p>
                </div>
                <SampleCard />
            </div>
        }),
    };
    view! {
        <Shell title=say("home.title")>
            {way_in}
            <Gives />
            {(!is_member).then(|| view! { <Steps /> })}
        </Shell>
    }
}

/// The link that starts signing in. A link and not a form: see the content security policy.
#[component]
pub(super) fn SignIn(
    /// Whether LINE is to ask who it is, rather than sign in whom it knows.
    #[prop(optional)]
    without_auto_login: bool,
) -> impl IntoView {
    let Scene { language, next, .. } = Scene::current();
    let path = match next {
        Some(next) if !without_auto_login => login_path_to(language, next),
        _ => login_path(language, without_auto_login),
    };
    view! {
        <a class="button line" href=path rel="nofollow">
            <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                <path
                    fill="currentColor"
                    d="M12 3C6.5 3 2 6.5 2 10.9c0 3.9 3.5 7.1 8.2 7.8.4.1.7.3.7.7l-.2 1.8c0 .5.4.8.9.5 2.2-1.2 6.9-4.4 8.9-7.3 1-1.3 1.5-2.5 1.5-3.500C22 6.5 17.5 3 12 3z"
                />
            </svg>
            {say("home.sign_in")}
        </a>
    }
}

#[component]
fn Gives() -> impl IntoView {
    let one = |name: &str, picture: &'static str| {
        view! {
            <li>
                <Emblem picture />
                <h3>{say(&format!("gives.{name}.title"))}</h3>
                <p>{say(&format!("gives.{name}.text"))}</p>
            </li>
        }
    };
    view! {
        <section>
            <h2>{say("gives.heading")}</h2>
            <ul class="gives">
                {one("chat", emblem::CHAT)}
                {one("messages", emblem::BELL)}
                {one("leaving", emblem::WAY_OUT)}
            </ul>
        </section>
    }
}

#[component]
fn Steps() -> impl IntoView {
    view! {
        <section>
            <h2>{say("steps.heading")}</h2>
            <ol class="steps">
                <li>{say("steps.sign_in")}</li>
                <li>{say("steps.choose")}</li>
                <li>{say("steps.chat")}</li>
            </ol>
        </section>
    }
}
