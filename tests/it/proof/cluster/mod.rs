//! The serving parts as a cluster has them: two replicas of each on PostgreSQL, every one with an address of its own,
//! before them the real Traefik with the manifests, between them services that know who is ready.

mod carries;
mod ground;
mod hang;
mod journey;
mod links;
mod outage;
mod pod;
mod rig;
mod rollout;
mod service;
mod visitors;
