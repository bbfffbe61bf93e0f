//! Rules of our own, each with the defect that it is there to see.

use super::render::{Manifests, OVERLAYS};
use super::rules;

/// What must be so in every overlay.
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// Who breaks it, and how.
    pub(super) check: fn(&Manifests) -> Vec<String>,
    /// The overlay in which `defect` is put.
    pub(super) overlay: &'static str,
    pub(super) defect: fn(&mut Manifests),
}

/// A rule that does not hold somewhere, for a reason.
struct Exception {
    rule: &'static str,
    overlay: &'static str,
    /// How the complaint begins.
    about: &'static str,
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[
    Exception {
        rule: "two-replicas",
        overlay: "demo",
        about: "Deployment/",
        reason: "SQLite is one process's; the demo runs one of everything",
    },
    Exception {
        rule: "two-replicas",
        overlay: "kind",
        about: "Deployment/simulator",
        reason: "the simulated LINE lives in memory",
    },
];

#[test]
fn the_manifests_keep_the_rules() {
    let mut used = vec![false; EXCEPTIONS.len()];
    let mut complaints = Vec::new();
    for overlay in OVERLAYS {
        let manifests = Manifests::of(overlay);
        for rule in rules::all() {
            for complaint in (rule.check)(&manifests) {
                let exception = EXCEPTIONS.iter().position(|exception| {
                    exception.rule == rule.name
                        && exception.overlay == overlay
                        && complaint.starts_with(exception.about)
                });
                match exception {
                    Some(exception) => used[exception] = true,
                    None => complaints.push(format!("{overlay}: {}: {complaint}", rule.name)),
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    for (exception, used) in EXCEPTIONS.iter().zip(used) {
        let Exception {
            rule,
            overlay,
            about,
            reason,
        } = exception;
        assert!(
            used,
            "{overlay} needs no exception from {rule} for {about} any more ({reason})"
        );
    }
}

#[test]
fn every_rule_sees_the_defect_that_it_is_there_for() {
    let sound = OVERLAYS.map(Manifests::of);
    for rule in rules::all() {
        let sound = sound
            .iter()
            .find(|manifests| manifests.overlay == rule.overlay);
        let mut broken = sound.unwrap().clone();
        let before = (rule.check)(&broken).len();
        (rule.defect)(&mut broken);
        let after = (rule.check)(&broken).len();
        assert!(after > before, "{} saw nothing", rule.name);
    }
}
