//! What they want to hear of, and when not. No clock, no I/O.

#![expect(
    clippy::option_option,
    reason = "unasked, emptied and chosen are three things in a form, as in the merge patch made of it"
)]

use member_session::{FieldError, FieldProblem, TopicOffer, UpdateForm, shown_field, topic_field};
use users_client::{Member, QuietHours};

use super::fields::{Fields, wrong};

/// The topics to subscribe to (`true`) and to leave. Of a topic that was not on the form nothing is said.
pub(super) fn topics<'o>(
    fields: &Fields,
    offers: &'o [TopicOffer],
    member: &Member,
) -> Vec<(&'o str, bool)> {
    offers
        .iter()
        .filter_map(|offer| {
            let field = topic_field(&offer.name);
            let is_ticked = fields.get(&field).is_some();
            let was_shown_ticked = fields.get(&shown_field(&field)).is_some();
            let is_subscribed = member
                .topics
                .iter()
                .any(|topic| topic.topic == offer.name && topic.subscribed);
            match (was_shown_ticked, is_ticked) {
                (_, true) if !is_subscribed => Some((offer.name.as_str(), true)),
                (true, false) if is_subscribed => Some((offer.name.as_str(), false)),
                _ => None,
            }
        })
        .collect()
}

/// The quiet hours that were chosen: none if both are empty, and nothing if they were not asked for.
pub(super) fn quiet_hours(fields: &Fields) -> Result<Option<Option<QuietHours>>, FieldError> {
    let (from, until) = (UpdateForm::QUIET_FROM, UpdateForm::QUIET_UNTIL);
    match (fields.get(from), fields.get(until)) {
        (None, None) => Ok(None),
        (Some(""), Some("")) => Ok(Some(None)),
        (None | Some(""), Some(_)) => Err(wrong(from, FieldProblem::Missing)),
        (Some(_), None | Some("")) => Err(wrong(until, FieldProblem::Missing)),
        (Some(begin), Some(end)) if begin == end => Err(wrong(until, FieldProblem::Invalid)),
        // By the clock of which place?
        _ if time_zone(fields) == Some(None) => {
            Err(wrong(UpdateForm::TIME_ZONE, FieldProblem::Missing))
        }
        (Some(begin), Some(end)) => Ok(Some(Some(QuietHours {
            from: begin.to_owned(),
            until: end.to_owned(),
        }))),
    }
}

/// The time zone that was chosen: none if it is empty, and nothing if it was not asked for.
pub(super) fn time_zone(fields: &Fields) -> Option<Option<String>> {
    let zone = fields.get(UpdateForm::TIME_ZONE)?;
    Some((!zone.is_empty()).then(|| zone.to_owned()))
}
