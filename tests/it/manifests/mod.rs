//! The manifests, as `kubectl kustomize` renders them: right by their schemas, and right by what this suite promises.

mod crds;
mod lint;
mod object;
pub(crate) mod render;
mod rule;
mod rules;
mod settings;
pub(crate) mod traefik;
