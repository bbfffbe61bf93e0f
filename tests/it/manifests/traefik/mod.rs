//! The real Traefik, told by the very manifests what to do with each request.

mod attacks;
mod ingress;
mod kubernetes;
mod stumble;
mod suite;

pub(crate) use ingress::{Backends, Ingress};
pub(crate) use suite::Behind;
