use leptos::prelude::*;
use member_session::Membership;

use crate::date;
use crate::scene::Scene;
use crate::text::{fill, say};

/// The membership card: whose it is, and since when.
#[component]
pub(super) fn Card(membership: Membership) -> impl IntoView {
    let scene = Scene::current();
    view! {
        <div class="card">
            <p class="card-brand">{scene.site.brand.name.clone()}</p>
            <p class="card-name">{membership.display_name}</p>
            <p class="card-since">
                {say("card.since")} " " <Day millis=membership.registered_at />
            </p>
        </div>
    }
    .into_any()
}

/// What a card looks like, for people who have none yet. It says nothing that is not said elsewhere.
#[component]
pub(super) fn SampleCard() -> impl IntoView {
    let scene = Scene::current();
    view! {
        <div class="card sample" aria-hidden="true">
            <p class="card-brand">{scene.site.brand.name.clone()}</p>
            <p class="card-name">{say("card.sample")}</p>
            <p class="card-since">{say("card.member")}</p>
        </div>
    }
}

/// A day, as the page's language writes it.
#[component]
pub(super) fn Day(millis: i64) -> impl IntoView {
    let scene = Scene::current();
    let day = date::day(millis, scene.language, scene.site.brand.zone);
    view! { <time datetime=day.to_string()>{date::written(day, scene.language)}</time> }
}

/// A sentence with a day in it.
pub(super) fn since(key: &str, millis: i64) -> String {
    since_with(key, millis, &[])
}

/// A sentence with a day and more in it.
pub(super) fn since_with(key: &str, millis: i64, more: &[(&str, &str)]) -> String {
    let scene = Scene::current();
    let day = date::day(millis, scene.language, scene.site.brand.zone);
    let date = date::written(day, scene.language);
    fill(key, &[&[("date", date.as_str())], more].concat())
}
