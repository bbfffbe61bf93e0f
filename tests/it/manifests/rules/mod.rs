//! The rules, by what they are about.

mod identity;
mod ingress;
mod network;
mod pods;
mod references;
mod rollout;
mod tls;

use super::rule::Rule;

pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [
        pods::RULES,
        rollout::RULES,
        references::RULES,
        network::RULES,
        ingress::RULES,
        identity::RULES,
        tls::RULES,
    ]
    .into_iter()
    .flatten()
}
