//! The real Traefik, told by the very manifests what to do with each request.

mod attacks;
mod carries;
mod ingress;
mod kubernetes;
mod suite;

pub(crate) use ingress::{Backends, Ingress};
