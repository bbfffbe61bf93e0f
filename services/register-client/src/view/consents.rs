//! What people agree to: the boxes, what stands, and how it came to be.

use leptos::either::Either;
use leptos::prelude::*;
use member_session::{
    Consent, Legal, Membership, UpdateForm, consent_field, shown_field, text_field,
};

use super::card::{since, since_with};
use super::fields::{Complaint, FormHead, described_by};
use crate::form::{Asked, Draft, Trouble};
use crate::scene::Scene;
use crate::text::{fill, say, words};

/// One box per purpose; what was agreed to and cannot be taken back alone is told instead.
#[component]
pub(super) fn Consents(asked: Vec<Asked>, draft: Draft) -> impl IntoView {
    let boxes = asked
        .into_iter()
        .map(|asked| {
            let trouble = draft.trouble(&consent_field(&asked.offer.purpose));
            view! { <ConsentBox trouble asked /> }
        })
        .collect_view();
    view! {
        <fieldset>
            <legend>{say("field.consents")}</legend>
            {boxes}
        </fieldset>
    }
    .into_any()
}

#[component]
fn ConsentBox(asked: Asked, trouble: Option<Trouble>) -> impl IntoView {
    let offer = asked.offer;
    let field = consent_field(&offer.purpose);
    let label = words(&offer.label);
    let link = offer.reads.map(|which| view! { <TextLink which /> });
    if let Some(agreed_at) = asked.settled {
        return Either::Left(view! {
            <div class="settled">
                <input type="hidden" name=field value=offer.version />
                <p><strong>{label}</strong></p>
                <p class="hint">{since("consent.since", agreed_at)} {link}</p>
            </div>
        });
    }
    let language = Scene::current().language;
    let hint_id = format!("{field}-hint");
    let weight = if offer.required {
        "field.required"
    } else {
        "field.optional"
    };
    let shown = asked.shown_ticked.then(|| {
        let name = shown_field(&offer.purpose);
        view! { <input type="hidden" name=name value=offer.version.clone() /> }
    });
    let earlier = asked
        .earlier
        .map(|agreed_at| view! { <p class="hint">{since("consent.earlier", agreed_at)}</p> });
    Either::Right(view! {
        <div class="consent">
            {shown}
            <input
                type="hidden"
                name=text_field(&offer.purpose)
                value=offer.text_digest.get(language).to_owned()
            />
            <Complaint trouble=trouble.clone() />
            <div class="choice">
                <input
                    type="checkbox"
                    id=field.clone()
                    name=field.clone()
                    value=offer.version
                    checked=asked.ticked
                    required=offer.required
                    aria-invalid=trouble.as_ref().map(|_| "true")
                    aria-describedby=described_by(trouble.as_ref(), &hint_id)
                />
                <label for=field>{label} " " <span class="weight">{say(weight)}</span></label>
            </div>
            <p class="hint" id=hint_id>{words(&offer.detail)} {link}</p>
            {earlier}
        </div>
    })
}

#[component]
fn TextLink(which: Legal) -> impl IntoView {
    let address = format!("/{}/{}", Scene::current().language.tag(), which.slug());
    let text = say(&format!("consent.read_{}", which.slug()));
    view! {
        " "
        <a href=address target="_blank">{text}</a>
    }
}

/// What stands, each with its way back, and how it came to be.
#[component]
pub(super) fn HeldConsents(membership: Membership) -> impl IntoView {
    let stands = membership
        .consents
        .into_iter()
        .map(|consent| view! { <HeldConsent consent /> })
        .collect_view();
    let history = membership
        .history
        .into_iter()
        .map(|consent| {
            view! {
                <li>
                    {label(&consent.purpose)} " "
                    <span class="muted">{told(&consent)}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="held-heading">
            <h2 id="held-heading">{say("held.title")}</h2>
            <ul class="held">{stands}</ul>
            <details>
                <summary>{say("held.history")}</summary>
                <ol class="history">{history}</ol>
            </details>
        </section>
    }
    .into_any()
}

#[component]
fn HeldConsent(consent: Consent) -> impl IntoView {
    let site = Scene::current().site;
    let is_required = site
        .offer
        .consent(&consent.purpose)
        .is_some_and(|offer| offer.required);
    let label = label(&consent.purpose);
    let way_back = (consent.granted && !is_required).then(|| {
        let name = fill("held.take_back_of", &[("label", &label)]);
        view! {
            <form method="post" action=UpdateForm::WITHDRAW_ACTION>
                <FormHead />
                <input type="hidden" name=UpdateForm::PURPOSE value=consent.purpose.clone() />
                <button class="quiet" aria-label=name>{say("held.take_back")}</button>
            </form>
        }
    });
    view! {
        <li>
            <p>
                <strong>{label}</strong>
                <span class="hint">{told(&consent)}</span>
            </p>
            {way_back}
        </li>
    }
}

/// What a purpose is called; what is not asked for any more, by the name it was recorded under.
fn label(purpose: &str) -> String {
    match Scene::current().site.offer.consent(purpose) {
        Some(offer) => words(&offer.label),
        None => purpose.to_owned(),
    }
}

fn told(consent: &Consent) -> String {
    let key = if consent.granted {
        "held.agreed"
    } else {
        "held.withdrawn"
    };
    since_with(key, consent.changed_at, &[("version", &consent.version)])
}
