//! What members want to hear of, and when not.

use leptos::prelude::*;
use member_session::{QuietHours, UpdateForm, shown_field, topic_field};

use super::fields::{Complaint, described_by};
use crate::form::{AskedTopic, Draft};
use crate::scene::Scene;
use crate::text::{say, words};
use crate::zone;

/// One box per topic, where there are topics.
#[component]
pub(super) fn Topics(asked: Vec<AskedTopic>) -> impl IntoView {
    (!asked.is_empty()).then(|| {
        let boxes = asked
            .into_iter()
            .map(|asked| view! { <TopicBox asked /> })
            .collect_view();
        view! {
            <fieldset aria-describedby="topics-hint">
                <legend>{say("field.topics")}</legend>
                <p class="hint" id="topics-hint">{say("field.topics_hint")}</p>
                {boxes}
            </fieldset>
        }
    })
}

#[component]
fn TopicBox(asked: AskedTopic) -> impl IntoView {
    let field = topic_field(&asked.offer.name);
    let hint_id = format!("{field}-hint");
    let shown = asked
        .shown_ticked
        .then(|| view! { <input type="hidden" name=shown_field(&field) value="yes" /> });
    view! {
        <div class="consent">
            {shown}
            <div class="choice">
                <input
                    type="checkbox"
                    id=field.clone()
                    name=field.clone()
                    value="yes"
                    checked=asked.ticked
                    aria-describedby=hint_id.clone()
                />
                <label for=field>{words(&asked.offer.title)}</label>
            </div>
            <p class="hint" id=hint_id>{words(&asked.offer.detail)}</p>
        </div>
    }
}

/// From when until when not to disturb. What is wrong with one of the times is said above both, which stay side by side.
#[component]
pub(super) fn QuietHoursFields(draft: Draft, held: Option<QuietHours>) -> impl IntoView {
    let (from, until) = held.map_or_else(Default::default, |hours| (hours.from, hours.until));
    view! {
        <fieldset aria-describedby="quiet-hint">
            <legend>{say("field.quiet")}</legend>
            <p class="hint" id="quiet-hint">{say("field.quiet_hint")}</p>
            <Complaint trouble=draft.trouble(UpdateForm::QUIET_FROM) />
            <Complaint trouble=draft.trouble(UpdateForm::QUIET_UNTIL) />
            <div class="pair">
                <TimeField draft=draft.clone() field=UpdateForm::QUIET_FROM held=from />
                <TimeField draft field=UpdateForm::QUIET_UNTIL held=until />
            </div>
        </fieldset>
    }
    .into_any()
}

/// A time of day: none, a half hour, or what was chosen elsewhere.
#[component]
fn TimeField(draft: Draft, field: &'static str, held: String) -> impl IntoView {
    let trouble = draft.trouble(field);
    let chosen = draft.value(field, &held);
    let mut times: Vec<String> = (0..48)
        .map(|half| format!("{:02}:{:02}", half / 2, half % 2 * 30))
        .collect();
    if !chosen.is_empty() && !times.contains(&chosen) {
        times.push(chosen.clone());
        times.sort();
    }
    let options = times
        .into_iter()
        .map(|time| {
            let selected = time == chosen;
            view! { <option selected=selected>{time}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=field>{say(&format!("field.{field}"))}</label>
            <select
                id=field
                name=field
                aria-invalid=trouble.as_ref().map(|_| "true")
                aria-describedby=described_by(trouble.as_ref(), "quiet-hint")
            >
                <option value="">{say("field.quiet_none")}</option>
                {options}
            </select>
        </div>
    }
}

/// The time zone; what was never chosen is where the brand or the page's language is at home.
#[component]
pub(super) fn ZoneField(draft: Draft, held: Option<String>) -> impl IntoView {
    let scene = Scene::current();
    let field = UpdateForm::TIME_ZONE;
    let trouble = draft.trouble(field);
    let likely = scene.site.brand.zone.or(zone::home(scene.language));
    let held = held.or(likely.map(|zone| zone.name().to_owned()));
    let chosen = draft.value(field, &held.unwrap_or_default());
    let now = scene.site.clock.now();
    let other = (!chosen.is_empty() && zone::OFFERED.iter().all(|(name, _)| *name != chosen))
        .then(|| (chosen.clone(), chosen.replace('_', " ")));
    let options = zone::OFFERED
        .iter()
        .map(|(name, key)| ((*name).to_owned(), say(&format!("zone.{key}"))))
        .chain(other)
        .map(|(name, place)| {
            let text = match zone::offset(&name, now) {
                Some(offset) => format!("{place} ({offset})"),
                None => place,
            };
            let selected = name == chosen;
            view! { <option value=name selected=selected>{text}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=field>{say("field.time_zone")}</label>
            <p class="hint" id="time_zone-hint">{say("field.time_zone_hint")}</p>
            <Complaint trouble=trouble.clone() />
            <select
                id=field
                name=field
                aria-invalid=trouble.as_ref().map(|_| "true")
                aria-describedby=described_by(trouble.as_ref(), "time_zone-hint")
            >
                <option value="" selected=chosen.is_empty()>{say("field.time_zone_none")}</option>
                {options}
            </select>
        </div>
    }
    .into_any()
}
