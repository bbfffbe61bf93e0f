use std::collections::{BTreeMap, HashMap, HashSet};

use service_kit::Timestamp;
use tokio::time::Instant;
use users_client::{Consent, Friendship, Member, Status};
use uuid::Uuid;

use super::{Kept, Newcomer, Outcome, Registered, Registration, Verdict};
use crate::domain::{ConsentText, Email, Language, Phone, PictureUrl, QuietHours, TimeZone};
use crate::error::ApiError;
use crate::idempotency::{Asked, Digest};

/// The registrations of one transaction, and what has been decided about them so far.
pub(in crate::store) struct Group(Vec<(Registration, Option<Verdict>)>);

impl Group {
    pub(super) fn new(registrations: Vec<Registration>) -> Self {
        Self(registrations.into_iter().map(|one| (one, None)).collect())
    }

    /// Decides that those who came at such a time have waited for too long.
    pub(super) fn send_away(&mut self, is_too_long_ago: impl Fn(Instant) -> bool) {
        self.decide(|one| is_too_long_ago(one.begun).then_some(Err(ApiError::StoreSilent)));
    }

    pub(in crate::store) fn is_decided(&self) -> bool {
        self.undecided().next().is_none()
    }

    /// Those about whom nothing is decided.
    pub(in crate::store) fn newcomers(&self) -> impl Iterator<Item = &Newcomer> {
        self.undecided().map(|one| &one.newcomer)
    }

    /// When the last of those came that came with a key and are undecided; nothing if there is none.
    pub(in crate::store) fn asked_at(&self) -> Option<Timestamp> {
        let with_key = self.undecided().filter(|one| one.key.is_some());
        with_key.map(|one| one.newcomer.now).max()
    }

    /// What was asked under a key, of what is undecided.
    pub(in crate::store) fn asked(&self) -> impl Iterator<Item = &Asked> {
        self.undecided().filter_map(|one| one.key.as_deref())
    }

    /// Decides about those whose key is in use elsewhere.
    pub(in crate::store) fn give_way(&mut self, is_in_use: impl Fn(&Asked) -> bool) {
        self.decide(|one| is_in_use(one.key.as_deref()?).then_some(Err(ApiError::KeyInUse)));
    }

    /// Decides about those who were answered before.
    pub(in crate::store) fn recall(&mut self, kept: Vec<Kept>) {
        let kept: HashMap<(Digest, Digest), Kept> = kept
            .into_iter()
            .map(|kept| ((kept.asked.caller, kept.asked.key), kept))
            .collect();
        self.decide(|one| {
            let asked = one.key.as_deref()?;
            let kept = kept.get(&(asked.caller, asked.key))?;
            Some(if kept.asked.request == asked.request {
                Ok(Registered {
                    outcome: kept.outcome.clone(),
                    is_replay: true,
                })
            } else {
                Err(ApiError::KeyReused)
            })
        });
    }

    /// Those of the undecided who are members now, if `new` are the members that there are now, by their IDs.
    pub(in crate::store) fn accepted(
        &self,
        new: &HashMap<Uuid, Friendship>,
    ) -> impl Iterator<Item = &Newcomer> {
        self.newcomers()
            .filter(|newcomer| new.contains_key(&newcomer.member_id))
    }

    /// The LINE user IDs of the others.
    pub(in crate::store) fn refused(
        &self,
        new: &HashMap<Uuid, Friendship>,
    ) -> impl Iterator<Item = &str> {
        let refused = self
            .newcomers()
            .filter(|newcomer| !new.contains_key(&newcomer.member_id));
        refused.map(|newcomer| newcomer.candidate.luid.as_str())
    }

    /// Decides about everybody else: `new` are the members that there are now, by their IDs; of the others, those with
    /// one of these LINE user IDs were members before.
    pub(in crate::store) fn settle(
        &mut self,
        new: &HashMap<Uuid, Friendship>,
        registered: &HashSet<String>,
    ) {
        self.decide(|one| {
            let newcomer = &one.newcomer;
            let outcome = match new.get(&newcomer.member_id) {
                Some(friendship) => Outcome::Member(document(newcomer, *friendship)),
                None if registered.contains(newcomer.candidate.luid.as_str()) => {
                    Outcome::AlreadyRegistered
                }
                None => Outcome::SignedInBeforeLeaving,
            };
            Some(Ok(Registered {
                outcome,
                is_replay: false,
            }))
        });
    }

    /// What is to be kept: under which key, about whom, and what it came to.
    pub(in crate::store) fn to_keep(&self) -> impl Iterator<Item = (&Asked, &Newcomer, &Outcome)> {
        self.0.iter().filter_map(|(one, verdict)| match verdict {
            Some(Ok(registered)) if !registered.is_replay => {
                Some((one.key.as_deref()?, &one.newcomer, &registered.outcome))
            }
            _ => None,
        })
    }

    pub(super) fn into_verdicts(self) -> Vec<Verdict> {
        let verdicts = self.0.into_iter().map(|(_, verdict)| verdict);
        verdicts
            .map(|verdict| verdict.unwrap_or(Err(ApiError::StoreSilent)))
            .collect()
    }

    fn undecided(&self) -> impl Iterator<Item = &Registration> {
        let undecided = self.0.iter().filter(|(_, verdict)| verdict.is_none());
        undecided.map(|(one, _)| one)
    }

    fn decide(&mut self, decide: impl Fn(&Registration) -> Option<Verdict>) {
        for (one, verdict) in &mut self.0 {
            if verdict.is_none() {
                *verdict = decide(one);
            }
        }
    }
}

/// A new member as they will be found: what was written need not be read.
fn document(newcomer: &Newcomer, friendship: Friendship) -> String {
    let candidate = &newcomer.candidate;
    let mut consents: Vec<_> = candidate.consents.iter().collect();
    consents.sort_by_key(|consent| consent.purpose.as_str());
    let member = Member {
        member_id: newcomer.member_id,
        luid: candidate.luid.as_str().to_owned(),
        display_name: candidate.display_name.as_str().to_owned(),
        picture_url: text(candidate.picture_url.as_ref(), PictureUrl::as_str),
        email: text(candidate.email.as_ref(), Email::as_str),
        phone: text(candidate.phone.as_ref(), Phone::as_str),
        language: text(candidate.language.as_ref(), Language::as_str),
        time_zone: text(candidate.time_zone.as_ref(), TimeZone::as_str),
        quiet_hours: candidate.quiet_hours.map(QuietHours::document),
        status: Status::Active,
        friendship,
        consents: consents
            .into_iter()
            .map(|given| consent(given, newcomer))
            .collect(),
        topics: Vec::new(),
        tags: Vec::new(),
        attributes: BTreeMap::new(),
        created_at: newcomer.now,
        updated_at: newcomer.now,
    };
    serde_json::to_string(&member).expect("a member is plain JSON")
}

fn text<T>(value: Option<&T>, as_str: fn(&T) -> &str) -> Option<String> {
    value.map(|value| as_str(value).to_owned())
}

fn consent(given: &ConsentText, newcomer: &Newcomer) -> Consent {
    Consent {
        purpose: given.purpose.as_str().to_owned(),
        version: given.version.clone(),
        text_digest: given.text_digest.clone(),
        language: given.language.as_str().to_owned(),
        granted: given.granted,
        channel: given.channel.to_owned(),
        changed_at: newcomer.now,
    }
}
