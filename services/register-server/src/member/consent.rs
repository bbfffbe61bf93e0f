//! What the ticked boxes mean. No clock, no I/O.

use member_session::{
    ConsentOffer, FieldError, FieldProblem, consent_field, shown_field, text_field,
};
use users_client::{Consent, GiveConsent};

use super::fields::{Fields, wrong};

/// The consents of somebody who registers: the ticked ones. A required one must be.
pub(super) fn given(
    fields: &Fields,
    offers: &[ConsentOffer],
) -> (Vec<GiveConsent>, Vec<FieldError>) {
    let (mut consents, mut errors) = (Vec::new(), Vec::new());
    for offer in offers {
        let field = consent_field(&offer.purpose);
        match fields.get(&field) {
            Some(version) if is_todays(offer, version, fields) => {
                consents.push(agreed(offer, fields));
            }
            Some(_) => errors.push(wrong(field, FieldProblem::Outdated)),
            None if offer.required => errors.push(wrong(field, FieldProblem::Missing)),
            None => {}
        }
    }
    (consents, errors)
}

/// What changed in a member's consents. Only a box that was shown ticked and came back unticked withdraws one: what
/// was not asked was not answered. A required one is given up by leaving only, so its box says nothing.
pub(super) fn changed(
    fields: &Fields,
    offers: &[ConsentOffer],
    held: &[Consent],
) -> (Vec<GiveConsent>, Vec<FieldError>) {
    let (mut consents, mut errors) = (Vec::new(), Vec::new());
    for offer in offers {
        let field = consent_field(&offer.purpose);
        let held = held
            .iter()
            .find(|consent| consent.purpose == offer.purpose && consent.granted);
        let was_shown = fields.get(&shown_field(&offer.purpose)).is_some();
        match (fields.get(&field), held) {
            (ticked, held) if ticked == held.map(|held| held.version.as_str()) => {}
            (Some(version), _) if is_todays(offer, version, fields) => {
                consents.push(agreed(offer, fields));
            }
            (Some(_), _) => errors.push(wrong(field, FieldProblem::Outdated)),
            (None, Some(held)) if !offer.required && was_shown => {
                consents.push(withdrawn(held, fields));
            }
            (None, _) => {}
        }
    }
    (consents, errors)
}

/// Taking back what is held under this purpose, in whatever version; nothing if nothing is held that can be.
pub(super) fn taken_back(
    fields: &Fields,
    purpose: &str,
    offers: &[ConsentOffer],
    held: &[Consent],
) -> Option<GiveConsent> {
    let is_required = |offer: &ConsentOffer| offer.required && offer.purpose == purpose;
    if offers.iter().any(is_required) {
        return None;
    }
    let held = held
        .iter()
        .find(|consent| consent.purpose == purpose && consent.granted)?;
    Some(withdrawn(held, fields))
}

/// Whether the box was about the text of today: its version and, where the page says it, the very words.
fn is_todays(offer: &ConsentOffer, version: &str, fields: &Fields) -> bool {
    let todays = offer.text_digest.get(fields.page_language());
    let shown = fields.get(&text_field(&offer.purpose));
    version == offer.version && shown.is_none_or(|shown| shown == todays)
}

fn agreed(offer: &ConsentOffer, fields: &Fields) -> GiveConsent {
    let language = fields.page_language();
    GiveConsent {
        purpose: offer.purpose.clone(),
        version: offer.version.clone(),
        text_digest: Some(offer.text_digest.get(language).to_owned()),
        language: language.tag().to_owned(),
        granted: true,
        channel: "website".to_owned(),
    }
}

fn withdrawn(held: &Consent, fields: &Fields) -> GiveConsent {
    GiveConsent {
        purpose: held.purpose.clone(),
        version: held.version.clone(),
        text_digest: held.text_digest.clone(),
        language: fields.page_language().tag().to_owned(),
        granted: false,
        channel: "website".to_owned(),
    }
}
