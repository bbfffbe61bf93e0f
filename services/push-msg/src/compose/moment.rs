use chrono_tz::Tz;
use service_kit::Timestamp;
use users_client::QuietHours;

use crate::campaign::{Quiet, Span, Then, Zone};

/// Two spans that do not cover the day let go of a moment in as many steps.
const STEPS: usize = 4;

/// When a member may be disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Right away.
    Now,
    /// From this moment on, when their quiet hours are over.
    Later(Timestamp),
    /// Not with this occurrence, for a reason that reads well in a report.
    Never(&'static str),
}

/// What a campaign says about disturbing people.
#[derive(Debug)]
pub(super) struct Disturbance {
    pub(super) quiet: Option<Quiet>,
    /// The campaign's own.
    pub(super) zone: Zone,
    /// When the next occurrence is due: what waits so long is not worth sending any more.
    pub(super) next: Option<Timestamp>,
}

/// Judges a moment by the campaign's quiet hours and by the member's own.
pub(super) fn judge(
    disturbance: &Disturbance,
    zone: Option<&str>,
    own: Option<&QuietHours>,
    now: Timestamp,
) -> Moment {
    let quiet = disturbance.quiet;
    let zone = zone
        .and_then(|name| name.parse::<Tz>().ok())
        .map(Zone::Named)
        .or(quiet.and_then(|quiet| quiet.zone))
        .unwrap_or(disturbance.zone);
    let spans = [quiet.map(|quiet| quiet.hours), own.and_then(Span::parse)];
    let mut at = now;
    for _ in 0..STEPS {
        let wall = zone.wall(at);
        let ends = spans.iter().flatten().filter_map(|span| span.end_at(wall));
        let Some(end) = ends.max() else {
            return settle(disturbance, at, now);
        };
        match zone.moment(end) {
            // A clock that is set back may show a time again that is over.
            Some(end) if end > at => at = end,
            _ => return settle(disturbance, at, now),
        }
    }
    Moment::Never("their quiet hours cover the day")
}

fn settle(disturbance: &Disturbance, at: Timestamp, now: Timestamp) -> Moment {
    let then = disturbance
        .quiet
        .map(|quiet| quiet.then)
        .unwrap_or_default();
    if at == now {
        Moment::Now
    } else if then == Then::Drop {
        Moment::Never("their quiet hours")
    } else if disturbance.next.is_some_and(|next| next <= at) {
        Moment::Never("their quiet hours last until the next occurrence")
    } else {
        Moment::Later(at)
    }
}
