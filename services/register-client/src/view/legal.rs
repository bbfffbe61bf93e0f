//! Texts that everybody may read.

use leptos::prelude::*;
use member_session::Legal;

use super::shell::Shell;
use crate::scene::Scene;
use crate::text::{fill, say};

/// Terms or privacy notice, in the version of today.
#[component]
pub(crate) fn LegalPage(which: Legal) -> impl IntoView {
    let scene = Scene::current();
    let document = scene.site.documents.get(which, scene.language);
    let title = document
        .title
        .unwrap_or_else(|| say(&format!("{}.title", which.slug())));
    let version = scene.site.offer.legal(which).version.clone();
    view! {
        <Shell title=title.clone()>
            <article class="narrow document">
                <h1>{title}</h1>
                <p class="hint">{fill("legal.version", &[("version", &version)])}</p>
                <div inner_html=document.html></div>
            </article>
        </Shell>
    }
}
