//! Texts that everybody may read.

use leptos::prelude::*;

use super::shell::Shell;
use crate::text::say;

/// What is held about people, and why.
#[component]
pub(crate) fn Privacy() -> impl IntoView {
    view! { <Document name="privacy" parts=&["what", "why", "who", "how_long", "cookies", "rights"] /> }
}

/// What members and operator may expect of each other.
#[component]
pub(crate) fn Terms() -> impl IntoView {
    view! { <Document name="terms" parts=&["membership", "ours", "yours", "leaving", "changes"] /> }
}

#[component]
fn Document(name: &'static str, parts: &'static [&'static str]) -> impl IntoView {
    let parts = parts
        .iter()
        .map(|part| {
            view! {
                <section>
                    <h2>{say(&format!("{name}.{part}.heading"))}</h2>
                    <p>{say(&format!("{name}.{part}.text"))}</p>
                </section>
            }
        })
        .collect_view();
    view! {
        <Shell title=say(&format!("{name}.title"))>
            <article class="narrow document">
                <h1>{say(&format!("{name}.title"))}</h1>
                <p class="lead">{say(&format!("{name}.lead"))}</p>
                {parts}
            </article>
        </Shell>
    }
}
