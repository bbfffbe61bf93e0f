use leptos::either::Either;
use leptos::prelude::*;
use member_session::{Flash, Language, Page};

use super::home::SignIn;
use crate::notice;
use crate::picture::Picture;
use crate::scene::Scene;
use crate::text::{fill, say};

/// The frame of every page: head, brand, language switch, notices, foot.
#[component]
pub(super) fn Shell(
    /// What the page is about, for the window's title.
    title: String,
    /// The page itself.
    children: Children,
) -> impl IntoView {
    let scene = Scene::current();
    let language = scene.language;
    let assets = &scene.site.assets;
    view! {
        <!DOCTYPE html>
        <html lang=language.tag()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content=say("home.lead") />
                <title>{fill("shell.title", &[("title", &title)])}</title>
                <link rel="icon" type=assets.icon.media_type() href=assets.icon.path() />
                <link rel="stylesheet" href=assets.style.path() />
            </head>
            <body>
                <a class="skip" href="#content">{say("shell.skip")}</a>
                <header class="top">
                    <a class="brand" href=Page::Home.path(language)>
                        <Sign />
                    </a>
                    <LanguageSwitch />
                </header>
                <main id="content">
                    <Notices notices=scene.notices />
                    {children()}
                </main>
                <footer class="foot">
                    <a href=format!("/{}/terms", language.tag())>{say("terms.title")}</a>
                    <a href=format!("/{}/privacy", language.tag())>{say("privacy.title")}</a>
                </footer>
            </body>
        </html>
    }
}

/// Whose website it is: the logo, or else our mark and the name.
#[component]
fn Sign() -> impl IntoView {
    let site = Scene::current().site;
    let name = site.brand.name.clone();
    let Some(logo) = &site.assets.logo else {
        return Either::Left(view! {
            <img src=site.assets.icon.path() width="28" height="28" alt="" />
            {name}
        });
    };
    let dark = logo.dark.as_ref().map(|dark| {
        view! {
            <source
                media="(prefers-color-scheme: dark)"
                srcset=dark.path()
                width=dark.width.to_string()
                height=Picture::HEIGHT.to_string()
            />
        }
    });
    let class = match dark {
        Some(_) => "logo",
        None => "logo plate",
    };
    Either::Right(view! {
        <picture>
            {dark}
            <img
                class=class
                src=logo.light.path()
                width=logo.light.width.to_string()
                height=Picture::HEIGHT.to_string()
                alt=name
            />
        </picture>
    })
}

#[component]
fn LanguageSwitch() -> impl IntoView {
    let scene = Scene::current();
    let is_home = scene.place == "/";
    let links = Language::ALL
        .into_iter()
        .map(|language| {
            let here = (language == scene.language).then_some("true");
            let next = scene.next.filter(|_| is_home);
            let next = next.map(|next| next.path(language));
            let path = format!("/{}{}", language.tag(), scene.place);
            view! {
                <li>
                    <a
                        href=notice::carried(path, &[], next.as_deref())
                        lang=language.tag()
                        hreflang=language.tag()
                        aria-current=here
                    >
                        {own_name(language)}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="languages" aria-label=say("shell.languages")>
            <ul>{links}</ul>
        </nav>
    }
}

#[component]
fn Notices(notices: Vec<Flash>) -> impl IntoView {
    notices
        .into_iter()
        .map(|notice| {
            let class = match notice {
                Flash::Saved
                | Flash::SignedOut
                | Flash::SignedOutEverywhere
                | Flash::AlreadyMember => "notice done",
                Flash::SignInFirst
                | Flash::SignInAgain
                | Flash::SignInToLeave
                | Flash::TryAgain
                | Flash::OtherVisitor
                | Flash::NotTaken => "notice",
            };
            let asks_to = matches!(notice, Flash::SignInAgain | Flash::SignInToLeave);
            let way_on = asks_to.then(|| {
                view! {
                    <p class="actions">
                        <SignIn />
                    </p>
                }
            });
            view! {
                <div class=class role="status">
                    <p>{say(&format!("notice.{}", notice.slug()))}</p>
                    {way_on}
                </div>
            }
        })
        .collect_view()
}

/// What a language calls itself.
pub(super) const fn own_name(language: Language) -> &'static str {
    match language {
        Language::ZhTw => "繁體中文",
        Language::Ja => "日本語",
        Language::Th => "ไทย",
        Language::En => "English",
    }
}
