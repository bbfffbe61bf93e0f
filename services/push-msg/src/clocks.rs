//! Whose clock each member of a batch goes by, so that quiet hours are kept however late it leaves. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service_kit::Timestamp;
use users_client::{AudienceMember, QuietHours};

use crate::compose::{Edition, Moment};
use crate::store::{Part, Pieces};

/// A time zone, and quiet hours by it.
type Clock = (Option<String>, Option<QuietHours>);

fn is_of((zone, own): &Clock, member: &AudienceMember) -> bool {
    *zone == member.time_zone && *own == member.quiet_hours
}

/// When those who go by the same clock may be disturbed, seen from one moment: there are few clocks, and many members.
#[derive(Debug, Default)]
pub(crate) struct Moments(Vec<(Clock, Moment)>);

impl Moments {
    /// So many clocks are remembered.
    const MOST: usize = 100;

    pub(crate) fn of(
        &mut self,
        member: &AudienceMember,
        edition: &Edition,
        now: Timestamp,
    ) -> Moment {
        if let Some((_, moment)) = self.0.iter().find(|(clock, _)| is_of(clock, member)) {
            return *moment;
        }
        let (zone, own) = (member.time_zone.as_deref(), member.quiet_hours.as_ref());
        let moment = edition.moment_for(zone, own, now);
        if self.0.len() < Self::MOST {
            let clock = (member.time_zone.clone(), member.quiet_hours.clone());
            self.0.push((clock, moment));
        }
        moment
    }
}

/// The clocks of a batch's members, in the order of its `to`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Clocks {
    clocks: Vec<Clock>,
    /// Of each member, from 0.
    of: Vec<usize>,
}

impl Clocks {
    /// Of so many members, none of whom has a clock of their own.
    pub(crate) fn of_nobody(members: usize) -> Self {
        Self {
            clocks: vec![(None, None)],
            of: vec![0; members],
        }
    }

    pub(crate) fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// `None` if nobody has a clock of their own.
    pub(crate) fn to_json(&self) -> Option<String> {
        let matters = self.clocks.iter().any(|clock| *clock != (None, None));
        matters.then(|| serde_json::to_string(self).ok()).flatten()
    }

    pub(crate) fn push(&mut self, member: &AudienceMember) {
        let known = self.clocks.iter().position(|clock| is_of(clock, member));
        self.of.push(known.unwrap_or(self.clocks.len()));
        if known.is_none() {
            let clock = (member.time_zone.clone(), member.quiet_hours.clone());
            self.clocks.push(clock);
        }
    }

    pub(crate) fn for_places(&self, places: &[usize]) -> Self {
        Self {
            clocks: self.clocks.clone(),
            of: places
                .iter()
                .filter_map(|place| self.of.get(*place).copied())
                .collect(),
        }
    }

    /// How the batch has to leave now; `None` if all of it may.
    pub(crate) fn pieces(&self, edition: &Edition, now: Timestamp) -> Option<Pieces> {
        let moments: Vec<_> = self
            .clocks
            .iter()
            .map(|(zone, own)| edition.moment_for(zone.as_deref(), own.as_ref(), now))
            .collect();
        if moments.iter().all(|moment| *moment == Moment::Now) {
            return None;
        }
        let mut parts: BTreeMap<Timestamp, Vec<usize>> = BTreeMap::new();
        let mut out: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, clock) in self.of.iter().enumerate() {
            match moments.get(*clock) {
                Some(Moment::Later(until)) => parts.entry(*until).or_default().push(place),
                Some(Moment::Never(reason)) => out.entry(reason).or_default().push(place),
                Some(Moment::Now) | None => {
                    parts.entry(Timestamp::default()).or_default().push(place);
                }
            }
        }
        if out.is_empty() && parts.len() == 1 && parts.contains_key(&Timestamp::default()) {
            return None;
        }
        let part = |(not_before, places)| Part { places, not_before };
        Some(Pieces {
            parts: parts.into_iter().map(part).collect(),
            out: out
                .into_iter()
                .map(|(reason, places)| (places, reason.to_owned()))
                .collect(),
            refusal: None,
        })
    }
}
