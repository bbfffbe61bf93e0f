//! What the ticked boxes mean. No clock, no I/O.

use member_session::{
    ConsentOffer, FieldError, FieldProblem, Language, consent_field, shown_field,
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
            Some(version) if version == offer.version => {
                consents.push(record(
                    &offer.purpose,
                    version,
                    true,
                    fields.page_language(),
                ));
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
    let language = fields.page_language();
    for offer in offers {
        let purpose = &offer.purpose;
        let field = consent_field(purpose);
        let held = held
            .iter()
            .find(|consent| consent.purpose == *purpose && consent.granted)
            .map(|consent| consent.version.as_str());
        let was_shown = fields.get(&shown_field(purpose)).is_some();
        match (fields.get(&field), held) {
            (ticked, held) if ticked == held => {}
            (Some(version), _) if version == offer.version => {
                consents.push(record(purpose, version, true, language));
            }
            (Some(_), _) => errors.push(wrong(field, FieldProblem::Outdated)),
            (None, Some(version)) if !offer.required && was_shown => {
                consents.push(record(purpose, version, false, language));
            }
            (None, _) => {}
        }
    }
    (consents, errors)
}

fn record(purpose: &str, version: &str, granted: bool, language: Language) -> GiveConsent {
    GiveConsent {
        purpose: purpose.to_owned(),
        version: version.to_owned(),
        text_digest: None,
        language: language.tag().to_owned(),
        granted,
        channel: "website".to_owned(),
    }
}
